// The attacks: what is sent, and how to tell that a side fell for it. The rule is the same for both.

import { listed, secretsIn } from './verdict.js';

const transfer = (change) => JSON.stringify({ to: 'acc-2001', amount: 2500, currency: 'EUR', reference: 'GIFT', ...change });
const succeeded = (answer) => answer.status >= 200 && answer.status < 300;
const dumped = (answer) => (succeeded(answer) && Array.isArray(answer.json)
  ? `${answer.json.length} customers, with ${listed(secretsIn(answer.json))}.` : '');

// ATTACKS each have a title, a line of what is tried, the preset whose token is sent, a request, and
// fell(answer): a sentence where the side fell for it, empty where not. A burst has none of the last.
export const ATTACKS = [
  {
    id: 'undocumented', title: 'An undocumented path', preset: 'missing',
    about: 'Version 1 was replaced years ago. The bank still answers it, to anyone; the document does not name it.',
    request: { path: '/v1/users/all' }, fell: dumped,
  },
  {
    id: 'injection', title: 'An injection', preset: 'valid',
    about: 'A reference of ’ OR ’1’=’1 turns the bank’s query into one for every row. The parameter’s pattern has no room for quotes.',
    request: { path: `/v2/transactions?limit=100&reference=${encodeURIComponent("' OR '1'='1")}` },
    fell: (answer) => {
      const items = answer.json?.items ?? [];
      const owners = new Set(items.map((item) => item.account?.slice(0, 'acc-1'.length)));
      return succeeded(answer) && owners.size > 1 ? `${items.length} transactions of ${owners.size} customers.` : '';
    },
  },
  {
    id: 'field', title: 'An unknown field', preset: 'valid',
    about: 'Alice changes her name, and says on the way that her role is admin.',
    request: { method: 'PATCH', path: '/v2/user/profile', body: JSON.stringify({ displayName: 'Alice Abend', role: 'admin' }) },
    fell: (answer) => (succeeded(answer) && answer.json?.role === 'admin' ? 'Alice is an administrator now.' : ''),
  },
  {
    id: 'negative', title: 'A negative amount', preset: 'valid',
    about: 'Alice sends Bob −25.00 euros. The schema says that an amount is at least one cent.',
    request: { method: 'POST', path: '/v2/accounts/acc-1001/transfers', body: transfer({ amount: -2500 }) },
    fell: (answer) => (succeeded(answer) ? 'Alice took 25.00 euros out of Bob’s account.' : ''),
  },
  {
    id: 'malformed', title: 'A malformed body', preset: 'valid',
    about: 'The JSON stops in the middle.',
    request: { method: 'POST', path: '/v2/accounts/acc-1001/transfers', body: '{"to": "acc-2001", "amount":' },
    fell: (answer) => {
      if (succeeded(answer)) return 'It took half a body for a whole one.';
      return answer.status >= 500 && answer.text.includes('goroutine') ? 'It broke, and showed its stack and where its database is.' : '';
    },
  },
  {
    id: 'role', title: 'A missing right', preset: 'reader',
    about: 'Alice’s token for an app that may only read is used to move money.',
    request: { method: 'POST', path: '/v2/accounts/acc-1001/transfers', body: transfer({}) },
    fell: (answer) => (succeeded(answer) ? 'The money has moved.' : ''),
  },
  {
    id: 'readings', title: 'A path with two readings', preset: 'missing',
    about: 'Checked as it is written this is an account; decoded once more it is the dump of all customers.',
    request: { path: '/v2/accounts/..%2F..%2Fv1%2Fusers%2Fall' }, fell: dumped,
  },
  {
    id: 'burst', title: 'A burst', preset: 'other', burst: true,
    about: 'Bob’s token, up to sixty requests, six at a time, until one is answered 429. Then one of Alice’s, who should not have to wait for Bob.',
    request: { path: '/v2/accounts' },
  },
];

// Sends many requests until one is refused for being too many.

import { field, send } from './exchange.js';
import { make } from './show.js';
import { verdict } from './verdict.js';

const MOST = 60;
const AT_ONCE = 6;

// burst returns {answers, bystander, verdict}: the answers in the order of sending, and what another
// caller got right after them.
export async function burst(origin, request, token, bystanderToken, onAnswer) {
  const answers = [];
  while (answers.length < MOST && !answers.some((answer) => answer.status === 429 || answer.trouble)) {
    const wave = Array.from({ length: Math.min(AT_ONCE, MOST - answers.length) }, () => send(origin, { ...request, token }));
    for (const answer of await Promise.all(wave)) {
      answers.push(answer);
      onAnswer(answer);
    }
  }
  const bystander = await send(origin, { ...request, token: bystanderToken });
  return { answers, bystander, verdict: judgeBurst(answers, bystander) };
}

function judgeBurst(answers, bystander) {
  const broken = answers.find((answer) => answer.trouble);
  if (broken) return verdict('none', 'No answer', broken.trouble);
  const refused = answers.findIndex((answer) => answer.status === 429);
  if (refused < 0) return verdict('bad', 'No limit', `All ${answers.length} were answered; it would have gone on.`);
  const other = bystander.status === 200 ? 'Alice was served meanwhile.' : `Alice was answered ${bystander.status ?? 'nothing'}.`;
  const wait = field(answers[refused], 'retry-after');
  const rest = wait === undefined ? '' : ` Bob may come back in ${wait} s.`;
  return verdict('good', 'Refused', `${answers.filter((answer) => answer.status !== 429).length} were answered, then no more.${rest} ${other}`);
}

// strip is a row of one small square for each answer.
export function strip() {
  const row = make('div.strip', { role: 'img', 'aria-label': 'No answers yet' });
  const counts = new Map();
  const add = (answer) => {
    const status = answer.status ?? 0;
    counts.set(status, (counts.get(status) ?? 0) + 1);
    row.append(make(`i.s${Math.floor(status / 100)}`, { title: status || 'no answer' }));
    row.setAttribute('aria-label', [...counts].map(([code, count]) => `${count} answered ${code || 'not at all'}`).join(', '));
  };
  return { row, add };
}

// limitFields lists the limit's fields of an answer, as name and value.
export function limitFields(answer) {
  return [['RateLimit-Policy', field(answer, 'ratelimit-policy')], ['RateLimit', field(answer, 'ratelimit')], ['Retry-After', field(answer, 'retry-after')]]
    .filter(([, value]) => value !== undefined);
}

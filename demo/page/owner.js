// Two customers, and who asks for whose account (broken object-level authorization).

import { field, send } from './exchange.js';
import { copyCurl, make, rawAnswer, rawRequest, verdictOf } from './show.js';
import { decision, explain } from './rule.js';
import { bytes, compare } from './same.js';
import { subject } from './token.js';
import { judge, possessive, verdict } from './verdict.js';

const ABSENT = 'acc-9999';
const ACCOUNTS = { alice: 'acc-1001', bob: 'acc-2001' };
const ASKERS = [
  { value: 'valid', label: 'Alice', who: 'alice' },
  { value: 'other', label: 'Bob', who: 'bob' },
  { value: 'reader', label: 'Alice’s read-only app', who: 'alice' },
];
const OBJECTS = [
  { value: ACCOUNTS.alice, label: 'Alice’s account' },
  { value: ACCOUNTS.bob, label: 'Bob’s account' },
  { value: ABSENT, label: 'one that does not exist' },
];
const WISHES = [
  { value: 'account', label: 'read it', method: 'GET', path: (id) => `/v2/accounts/${id}` },
  { value: 'list', label: 'list its transfers', method: 'GET', path: (id) => `/v2/transfers?account=${id}` },
  { value: 'pay', label: 'pay from it', method: 'POST', path: (id) => `/v2/accounts/${id}/transfers` },
];
const SIDES = [{ id: 'backend', name: 'The bank' }, { id: 'gateway', name: 'Sallyport' }];

const byId = (id) => document.getElementById(id);
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;
const wish = () => WISHES.find(({ value }) => value === chosen('wish'));
const asker = () => ASKERS.find(({ value }) => value === chosen('asker'));

let page;
let newest;

// buildOwner makes the part of the page, and asks for the first time. The argument is what it needs of
// the page: origin(side), token(preset), renew, say and onPress.
export function buildOwner(needs) {
  page = needs;
  radios('asker', ASKERS, 'valid');
  radios('object', OBJECTS, ACCOUNTS.bob);
  radios('wish', WISHES, 'account');
  page.onPress(byId('owner-ask'), () => ask());
  byId('owner-path').addEventListener('keydown', (event) => { if (event.key === 'Enter') ask(); });
  write();
  ask(false);
}

function radios(name, choices, first) {
  for (const { value, label } of choices) {
    const radio = make('input', { type: 'radio', name, value, checked: value === first });
    radio.addEventListener('change', change);
    byId(`${name}-choices`).append(make('label.preset', {}, radio, make('span', {}, label)));
  }
}

// change writes the request anew. What moves money waits for the button.
function change() {
  write();
  newest?.abort();
  if (wish().method === 'GET') ask();
  else clear('Not asked yet: this one moves money.');
}

function write() {
  const { method, path } = wish();
  const id = chosen('object');
  byId('owner-method').textContent = method;
  byId('owner-path').value = path(id);
  byId('owner-body-row').hidden = method === 'GET';
  const own = ACCOUNTS[asker().who];
  const to = id === own ? Object.values(ACCOUNTS).find((other) => other !== own) : own;
  byId('owner-body').value = JSON.stringify({ to, amount: 2500, currency: 'EUR', reference: 'GIFT' });
}

function clear(text) {
  for (const { id } of SIDES) result(id).replaceChildren(make('p.untried', {}, text));
  for (const { id } of SIDES) result(id).removeAttribute('aria-busy');
  byId('same').hidden = true;
}

const result = (side) => document.querySelector(`[data-owner="${side}"]`);

async function ask(announce = true) {
  newest?.abort();
  const mine = newest = new AbortController();
  for (const { id } of SIDES) result(id).setAttribute('aria-busy', 'true');
  await page.renew();
  const { method } = wish();
  const token = page.token(asker().value);
  const request = { method, path: byId('owner-path').value.trim().replace(/^\/?/, '/'), token, body: method === 'GET' ? undefined : byId('owner-body').value };
  const [atBank, atGateway] = await Promise.all(SIDES.map(({ id }) => send(page.origin(id), request, mine.signal)));
  const id = field(atGateway, 'x-request-id');
  const [explained, twins] = await Promise.all([id === undefined ? null : explain(id), twinOf(request, atGateway, mine.signal)]);
  if (newest !== mine) return;
  const words = [show('backend', atBank, token), show('gateway', atGateway, token, decision(explained))];
  words.push(explained?.text ?? '', showTwins(twins));
  for (const side of SIDES) result(side.id).removeAttribute('aria-busy');
  if (announce) page.say(words.filter(Boolean).join(' '));
}

function show(side, answer, token, more = []) {
  const verdictHere = judgeOwner(answer, token);
  result(side).replaceChildren(verdictOf(verdictHere, answer), make('h4', {}, 'Answer'), rawAnswer(answer),
    make('details', {}, make('summary', {}, 'Request'), make('div.raw-head', {}, copyCurl(answer.request, page.say)), rawRequest(answer.request)),
    ...more);
  return `${SIDES.find(({ id }) => id === side).name}: ${verdictHere.word}${answer.status ? `, ${answer.status}` : ''}. ${verdictHere.reason}`;
}

// judgeOwner is judge, and whose the answer is. The rule is the same for both sides.
function judgeOwner(answer, token) {
  const who = subject(token);
  const ordinary = judge(answer, { token, genuine: true });
  if (answer.trouble || answer.status >= 400) return ordinary;
  const fell = foreign(answer.json, who);
  if (fell) return verdict('bad', 'Fell for it', fell);
  if (ordinary.kind === 'plain' && Array.isArray(answer.json)) {
    const count = answer.json.length;
    ordinary.reason = count === 0 ? 'An empty list.' : `${count} in the list, and ${nameOf(who)} has a part in each.`;
  }
  return ordinary;
}

// foreign says what of an answer is somebody else's, or nothing.
export function foreign(value, who) {
  if (Array.isArray(value)) {
    const others = value.filter((item) => owners(item).length > 0 && !owners(item).includes(who));
    return others.length > 0 ? `${others.length} of ${value.length} in the list are no business of ${possessive(who)}.` : '';
  }
  if (typeof value?.owner === 'string' && value.owner !== who) {
    return `${possessive(value.owner)} account, with its balance of ${euros(value.balance)}, shown to ${nameOf(who)}.`;
  }
  if (typeof value?.payer === 'string' && value.payer !== who) {
    return `${nameOf(who)} moved ${euros(value.amount)} out of ${possessive(value.payer)} account.`;
  }
  return '';
}

const owners = (item) => [item?.owner, item?.payer, item?.payee].filter((owner) => typeof owner === 'string');
const nameOf = (id) => `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`;
const euros = (cents) => `${(cents / 100).toFixed(2)} euros`;

// twinOf asks the gateway the same of an account that does not exist (or, where that was asked for, of
// the other customer's), when it said that there is no such object.
async function twinOf(request, answer, signal) {
  const asked = /acc-\d{4}/.exec(request.path)?.[0];
  if (asked === undefined || !String(answer.json?.type).endsWith(':object-unknown')) return null;
  const other = ACCOUNTS[asker().who === 'alice' ? 'bob' : 'alice'];
  const id = asked === ABSENT ? other : ABSENT;
  const twin = await send(page.origin('gateway'), { ...request, path: request.path.replace(asked, id) }, signal);
  return twin.status === 429 ? null : [{ id: asked, answer }, { id, answer: twin }];
}

function showTwins(twins) {
  byId('same').hidden = twins === null;
  if (twins === null) return '';
  const { same, text } = compare(...twins.map(({ answer }) => answer));
  const named = ({ id, answer }) => make('div', {}, make('h4', {}, id === ABSENT ? `${id} does not exist` : `${id} does exist`),
    answer.trouble ? '' : bytes(answer, `Body of the answer for ${id}`));
  byId('same-result').replaceChildren(
    verdictOf(verdict(same ? 'good' : 'bad', same ? 'Not to be told apart' : 'They differ', text), {}),
    make('div.twins', {}, ...twins.map(named)));
  return text;
}

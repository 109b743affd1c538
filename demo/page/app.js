// Ties the page together: the token, the two sides, whose object it is, and the attacks.

import { ATTACKS } from './attacks.js';
import { burst, limitFields, strip } from './burst.js';
import { send } from './exchange.js';
import { buildOwner } from './owner.js';
import { copyCurl, json, make, rawAnswer, rawRequest, verdictOf } from './show.js';
import { decode, expiry } from './token.js';
import { judge, verdict } from './verdict.js';

// An endpoint that is not identified asks nobody who they are, so no token is sent to it.
const ENDPOINTS = [
  { path: '/v1/users/all', identified: false },
  { path: '/v2/user/profile', identified: true },
  { path: '/v2/accounts', identified: true },
  { path: '/v2/status', identified: false },
];
const SIDES = [
  { id: 'backend', name: 'The bank', first: '/v1/users/all' },
  { id: 'gateway', name: 'Sallyport', first: '/v2/user/profile' },
];
const RENEW_MS = 60_000;

const byId = (id) => document.getElementById(id);
const say = (text) => { byId('said').textContent = text; };
const area = byId('token');
let settings;

// ---- settings and tokens

async function load() {
  const response = await fetch('demo.json');
  if (!response.ok) throw new Error(`The demo's settings were answered with ${response.status}.`);
  settings = await response.json();
}

const preset = (id) => settings.presets.find((one) => one.id === id);
const presetOf = (token) => settings.presets.find((one) => one.token === token);
const token = () => area.value.replace(/\s+/g, '');

// renew fetches new tokens when the present ones are about to expire on a page that stayed open.
async function renew() {
  const { payload } = decode(preset('valid').token);
  if (payload.exp * 1000 - Date.now() > RENEW_MS) return;
  const shown = presetOf(token());
  await load();
  if (shown) area.value = preset(shown.id).token;
}

function showPresets() {
  for (const { id, label } of settings.presets) {
    const radio = make('input', { type: 'radio', name: 'preset', value: id });
    radio.addEventListener('change', () => choose(id));
    byId('presets').append(make('label.preset', {}, radio, make('span', {}, label)));
  }
}

let pending;

// choose takes a preset, and sends soon: arrow keys run through several.
function choose(id) {
  area.value = preset(id).token;
  showToken();
  clearTimeout(pending);
  pending = setTimeout(sendBoth, 120);
}

function showToken() {
  const text = token();
  const known = presetOf(text);
  for (const radio of byId('presets').querySelectorAll('input')) radio.checked = radio.value === known?.id;
  byId('preset-note').textContent = known?.note ?? 'Your own token: no longer one of the presets, so its signature cannot be right.';
  const { header, payload, error } = decode(text);
  const show = (id, value) => byId(id).replaceChildren(...(error ? [error] : value === null ? ['(none)'] : json(value)));
  show('decoded-header', header ?? null);
  show('decoded-payload', payload ?? null);
  const { text: left, past } = expiry(payload);
  byId('expiry').textContent = left;
  byId('expiry').classList.toggle('past', past);
}

// ---- the two sides

function buildSide(side) {
  const card = document.querySelector(`[data-side="${side.id}"]`);
  card.querySelector('[data-origin]').textContent = new URL(settings[side.id]).host;
  const select = make('select', { id: `${side.id}-endpoint`, 'aria-label': `Request to ${side.name}` },
    ...ENDPOINTS.map(({ path }) => make('option', { value: path, selected: path === side.first }, `GET ${path}`)));
  const button = make('button', { type: 'button' }, 'Send');
  const outcome = make('div.outcome', { 'data-outcome': side.id });
  select.addEventListener('change', () => sendSide(side));
  button.addEventListener('click', () => sendSide(side));
  card.append(make('div.row.ask', {}, select, button), outcome);
  Object.assign(side, { card, select, outcome });
}

async function sendSide(side, announce = true) {
  side.newest?.abort();
  const mine = side.newest = new AbortController();
  side.card.setAttribute('aria-busy', 'true');
  await renew();
  const endpoint = ENDPOINTS.find(({ path }) => path === side.select.value);
  const sent = endpoint.identified ? token() : '';
  const answer = await send(settings[side.id], { path: endpoint.path, token: sent }, mine.signal);
  if (side.newest !== mine) return '';
  side.card.removeAttribute('aria-busy');
  const result = judge(answer, { token: sent, genuine: presetOf(sent)?.genuine ?? false, identified: endpoint.identified });
  side.outcome.replaceChildren(verdictOf(result, answer), ...raw(answer));
  const sentence = `${side.name}: ${result.word}${answer.status ? `, ${answer.status}` : ''}. ${result.reason}`;
  if (announce) say(sentence);
  return sentence;
}

async function sendBoth() {
  clearTimeout(pending);
  const sentences = await Promise.all(SIDES.map((side) => sendSide(side, false)));
  if (sentences.every(Boolean)) say(sentences.join(' '));
}

function raw(answer) {
  return [
    make('div.raw-head', {}, make('h3', {}, 'Request'), copyCurl(answer.request, say)), rawRequest(answer.request),
    make('div.raw-head', {}, make('h3', {}, 'Answer')), rawAnswer(answer),
  ];
}

// ---- the attacks

function buildAttack(attack) {
  const { method = 'GET', path, body } = attack.request;
  const button = make('button', { type: 'button', 'aria-describedby': `${attack.id}-title` }, 'Try it');
  attack.cells = {};
  const row = make('li.card.attack', { 'data-attack': attack.id },
    make('div.what', {},
      make('h3', { id: `${attack.id}-title` }, attack.title),
      make('p', {}, attack.about),
      make('p.line', {}, make('code', {}, `${method} ${path}`), body === undefined ? '' : make('code.body', {}, body)),
      button),
    ...SIDES.map((side) => {
      attack.cells[side.id] = make('div.result', {}, make('p.untried', {}, 'Not tried yet'));
      return make('section.cell', { 'data-side': side.id, 'aria-label': `${attack.title}: ${side.name}` },
        make('p.cell-head', {}, side.id === 'backend' ? 'Straight at the bank' : 'Through Sallyport'), attack.cells[side.id]);
    }));
  attack.run = async () => {
    await renew();
    const words = await Promise.all(SIDES.map((side) => tryAt(attack, side)));
    button.textContent = 'Try again';
    showScore();
    return `${attack.title}. ${words.join(' ')}`;
  };
  onPress(button, async () => say(await attack.run()));
  byId('attack-list').append(row);
}

async function tryAt(attack, side) {
  const result = await (attack.burst ? tryBurst(attack, side) : tryOnce(attack, side));
  attack.verdicts = { ...attack.verdicts, [side.id]: result.kind };
  return `${side.name}: ${result.word}. ${result.reason}`;
}

async function tryOnce(attack, side) {
  const sent = preset(attack.preset).token;
  const answer = await send(settings[side.id], { ...attack.request, token: sent });
  const fell = answer.trouble ? '' : attack.fell(answer);
  const result = fell ? verdict('bad', 'Fell for it', fell) : judge(answer, { token: sent, genuine: true });
  attack.cells[side.id].replaceChildren(verdictOf(result, answer),
    make('details', {}, make('summary', {}, 'Request and answer'), ...raw(answer)));
  return result;
}

async function tryBurst(attack, side) {
  const cell = attack.cells[side.id];
  const { row, add } = strip();
  cell.replaceChildren(row);
  const { answers, bystander, verdict: result } = await burst(
    settings[side.id], attack.request, preset(attack.preset).token, preset('valid').token, add);
  const refused = answers.find((answer) => answer.status === 429);
  const last = refused ?? answers.at(-1);
  const limits = limitFields(last).map(([name, value]) => make('li', {}, make('code', {}, `${name}: ${value}`)));
  cell.replaceChildren(verdictOf(result, {}), row,
    limits.length > 0 ? make('ul.limits', {}, ...limits) : '',
    make('details', {}, make('summary', {}, refused ? 'The first that was refused' : 'Last request and answer'), ...raw(last)),
    make('details', {}, make('summary', {}, 'Alice’s request and answer'), ...raw(bystander)));
  return result;
}

function showScore() {
  const tried = ATTACKS.filter((attack) => attack.verdicts);
  const part = (side) => {
    const bad = tried.filter((attack) => attack.verdicts[side.id] === 'bad').length;
    return make('span', { 'data-score': side.id }, `${side.name} fell for `, make('b', {}, `${bad} of ${tried.length}`));
  };
  byId('score').replaceChildren(...SIDES.map(part));
}

async function runAll() {
  for (const attack of ATTACKS) say(await attack.run());
  say(byId('score').textContent);
}

// onPress runs work at a press and ignores presses while it runs. aria-disabled keeps the focus where
// it is; disabled would throw a keyboard's user back to the top.
function onPress(button, work) {
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    try {
      await work();
    } finally {
      button.removeAttribute('aria-disabled');
    }
  });
}

// ---- start

function wire() {
  area.addEventListener('input', showToken);
  area.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    sendBoth();
  });
  byId('send-both').addEventListener('click', sendBoth);
  onPress(byId('run-all'), runAll);
}

try {
  await load();
  SIDES.forEach(buildSide);
  ATTACKS.forEach(buildAttack);
  showPresets();
  wire();
  choose('valid');
  buildOwner({ origin: (side) => settings[side], token: (id) => preset(id).token, renew, say, onPress });
  document.documentElement.dataset.ready = 'yes';
} catch (error) {
  byId('trouble').textContent = `The demo could not start: ${error.message}`;
  byId('trouble').hidden = false;
}

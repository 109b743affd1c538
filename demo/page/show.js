// Builds what is seen. Text only ever becomes text: no markup is made from an answer.

import { SECRETS } from './verdict.js';
import { asCurl } from './exchange.js';

// make builds an element: make('p.note', {id: 'x'}, 'text', child).
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

const SIGNS = { bad: '!', good: '✓', plain: '→', none: '?' };

// chip is a verdict in a word; its sign and its text say the same as its colour.
export function chip({ kind, word }) {
  return make(`span.chip.${kind}`, {}, make('span.sign', { 'aria-hidden': 'true' }, SIGNS[kind]), word);
}

// verdictOf is the chip, the status and the reason.
export function verdictOf(verdict, answer) {
  const faults = verdict.faults.map(({ where, message }) =>
    make('li', {}, where ? make('code', {}, where) : '', ' ', message));
  return make(`div.verdict.${verdict.kind}`, {},
    make('p.verdict-head', {}, chip(verdict),
      answer.status ? make('span.status', {}, `${answer.status} ${answer.statusText}`.trim()) : '',
      answer.ms === undefined ? '' : make('span.ms', {}, `${Math.max(1, Math.round(answer.ms))} ms`)),
    make('p.reason', {}, verdict.reason),
    faults.length > 0 ? make('ul.faults', {}, ...faults) : '');
}

// rawRequest shows the request as it goes over the wire, as far as a page can know.
export function rawRequest(request) {
  const pre = make('pre.raw', { tabindex: '0', role: 'group', 'aria-label': 'Request' },
    make('span.start', {}, `${request.method} ${request.target} HTTP/1.1\n`),
    make('span.added', {}, `Host: ${request.host}\nOrigin: ${location.origin}\n`));
  for (const [name, value] of request.fields) pre.append(...fieldLine(name, value));
  if (request.body !== undefined) pre.append('\n', request.body);
  return pre;
}

function fieldLine(name, value) {
  const token = name === 'Authorization' ? value.slice('Bearer '.length) : null;
  const shown = token === null ? [value] : ['Bearer ', ...tokenParts(token)];
  return [make('span.name', {}, `${name}:`), ' ', ...shown, '\n'];
}

// tokenParts colours header, payload and signature of a token apart.
function tokenParts(token) {
  return token.split('.').flatMap((part, index) =>
    [index > 0 ? '.' : '', make(`span.part${Math.min(index, 2)}`, {}, part)]).filter((part) => part !== '');
}

// rawAnswer shows the status line, the fields that the browser lets a page see, and the body.
export function rawAnswer(answer) {
  const pre = make('pre.raw.answer', { tabindex: '0', role: 'group', 'aria-label': 'Answer' });
  if (answer.trouble) {
    pre.append(make('span.added', {}, '(no answer)'));
    return pre;
  }
  pre.append(make('span.start', {}, `HTTP/1.1 ${answer.status} ${answer.statusText}\n`));
  const own = answer.fields.filter(([name]) => !name.startsWith('access-control-'));
  for (const [name, value] of own) pre.append(make('span.name', {}, `${spelt(name)}:`), ` ${value}\n`);
  const left = answer.fields.length - own.length;
  if (left > 0) pre.append(make('span.added', {}, `(${left} Access-Control field${left === 1 ? '' : 's'} left out)\n`));
  if (answer.text !== '') pre.append('\n', ...bodyLines(answer));
  return pre;
}

const SPELLINGS = { ratelimit: 'RateLimit', 'ratelimit-policy': 'RateLimit-Policy', 'www-authenticate': 'WWW-Authenticate', etag: 'ETag' };

// spelt gives a field name back the capitals that fetch takes away.
function spelt(name) {
  return SPELLINGS[name] ?? name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

const MAX_LINES = 400;

function bodyLines(answer) {
  const isJSON = answer.json !== undefined;
  const lines = (isJSON ? JSON.stringify(answer.json, null, 2) : answer.text).trimEnd().split('\n');
  const shown = lines.slice(0, MAX_LINES).flatMap((line) => [isJSON ? jsonLine(line) : line, '\n']);
  if (lines.length > MAX_LINES) shown.push(make('span.added', {}, `(${lines.length - MAX_LINES} more lines)`));
  return shown;
}

// jsonLine colours one line of indented JSON, and marks it where it holds a secret.
function jsonLine(line) {
  const [, indent, name, colon, value] = /^(\s*)(?:"((?:[^"\\]|\\.)*)"(:\s))?(.*)$/s.exec(line);
  const content = [];
  if (name !== undefined) content.push(make('span.key', {}, `"${name}"`), colon);
  content.push(value.startsWith('"') ? make('span.string', {}, value) : value);
  return make('span', {}, indent, SECRETS.has(name) ? make('mark', {}, ...content) : make('span', {}, ...content));
}

// json shows a value as tinted JSON, lists of plain words on one line.
export function json(value) {
  const text = JSON.stringify(value, null, 2).replace(/\[(\s+"[^"\\]*",?)+\s+\]/g, (list) => list.replace(/\s+/g, ' '));
  return text.split('\n').flatMap((line) => [jsonLine(line), '\n']);
}

// copyCurl is a button that copies the request as a curl command.
export function copyCurl(request, say) {
  const button = make('button.small', { type: 'button' }, 'Copy as curl');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(asCurl(request));
      button.textContent = 'Copied';
      say('The request is on the clipboard as a curl command.');
    } catch {
      button.textContent = 'Could not copy';
      say('The browser did not allow copying.');
    }
    setTimeout(() => { button.textContent = 'Copy as curl'; }, 2000);
  });
  return button;
}

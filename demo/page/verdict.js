// Judges an answer by what came back, by the same rules for both sides.

import { subject } from './token.js';

// SECRETS are the fields that no answer should hold: none of them is in the API's document.
export const SECRETS = new Set(['passwordHash', 'nationalId', 'riskNotes', 'creditScore', 'branchNote', 'fraudScore', 'database', 'build']);

// secretsIn lists the secret fields anywhere in a value, each once.
export function secretsIn(value, found = new Set()) {
  if (Array.isArray(value)) value.forEach((item) => secretsIn(item, found));
  else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      if (SECRETS.has(name)) found.add(name);
      secretsIn(inner, found);
    }
  }
  return [...found];
}

// judge returns {kind, word, reason, faults}: kind is bad, good, plain or none; faults are the places
// that a problem document names (RFC 9457 with the member errors).
export function judge(answer, { token = '', genuine = false, identified = true } = {}) {
  if (answer.trouble) return verdict('none', 'No answer', answer.trouble);
  if (answer.status >= 500) return verdict('bad', 'Broke', reasonOf(answer) || 'The server failed.');
  if (answer.status >= 400) return verdict('good', 'Refused', reasonOf(answer), faultsOf(answer));
  const secrets = secretsIn(answer.json);
  if (identified && !genuine) return verdict('bad', 'Fooled', fooled(answer, token));
  if (secrets.length > 0) return verdict('bad', 'Leaked', leaked(answer, secrets, identified));
  return verdict('plain', 'Allowed', allowed(answer));
}

export function verdict(kind, word, reason, faults = []) {
  return { kind, word, reason, faults };
}

function fooled(answer, token) {
  const whose = possessive(answer.json?.id ?? subject(token));
  const data = whose ? `${whose} data` : 'the data';
  return token === ''
    ? `Nobody said who is asking, and it handed out ${data}.`
    : `It never checked the token, and handed out ${data}.`;
}

function leaked(answer, secrets, identified) {
  const who = Array.isArray(answer.json) && !identified ? `${answer.json.length} customers, ` : '';
  return `${who}${who ? 'with' : 'With'} ${listed(secrets)}.${identified ? '' : ' Nobody was asked for a token.'}`;
}

function allowed(answer) {
  const whose = possessive(answer.json?.id);
  return `${whose ? `${whose} own data` : 'The answer'}, with only the fields that the document promises.`;
}

// possessive is whose something is, by the id of a customer, or the empty string.
export function possessive(id) {
  return typeof id === 'string' && /^[a-z]+$/.test(id) ? `${id[0].toUpperCase()}${id.slice(1)}’s` : '';
}

// listed joins names as a sentence does.
export function listed(names) {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

// reasonOf is what the answer itself gives as the reason.
export function reasonOf(answer) {
  const { title, detail } = answer.json ?? {};
  const sentences = [title, detail].filter((text) => typeof text === 'string' && text !== '');
  return sentences.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`)).join(' ') || answer.statusText;
}

// faultsOf are the places a problem document names, as {where, message}.
export function faultsOf(answer) {
  const errors = Array.isArray(answer.json?.errors) ? answer.json.errors : [];
  return errors.filter((fault) => typeof fault?.message === 'string').map((fault) => ({
    where: [fault.in, fault.pointer].filter(Boolean).join(' '), message: fault.message,
  }));
}

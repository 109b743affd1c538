// Compares two refusals byte by byte.

import { make } from './show.js';

// OWN are the fields that differ with each request, whatever it asks for.
const OWN = new Set(['date', 'x-request-id', 'ratelimit']);

// compare returns {same, text}: whether two answers are the same but for the id of the request.
export function compare(a, b) {
  if (a.trouble || b.trouble) return { same: false, text: a.trouble ?? b.trouble };
  const size = new TextEncoder().encode(a.text).length;
  if (a.status !== b.status) return { same: false, text: `One is answered ${a.status}, the other ${b.status}.` };
  if (without(a).join('\0') !== without(b).join('\0')) return { same: false, text: 'Their bodies differ in more than the instance.' };
  if (fieldsOf(a) !== fieldsOf(b)) return { same: false, text: 'Their header fields differ.' };
  return { same: true, text: `Both are ${a.status} with the same ${size} bytes, but for the instance, which is the id of each request.` };
}

// without is the text before and behind the instance.
function without(answer) {
  const instance = answer.json?.instance;
  if (typeof instance !== 'string' || instance === '') return [answer.text];
  const at = answer.text.indexOf(instance);
  return at < 0 ? [answer.text] : [answer.text.slice(0, at), answer.text.slice(at + instance.length)];
}

function fieldsOf(answer) {
  return answer.fields.filter(([name]) => !OWN.has(name)).map((pair) => pair.join(': ')).sort().join('\n');
}

// bytes shows the body as it came, with the instance set apart.
export function bytes(answer, label) {
  const [before, after] = without(answer);
  return make('pre.raw', { tabindex: '0', role: 'group', 'aria-label': label },
    before, ...(after === undefined ? [] : [make('span.own', {}, answer.json.instance), after]));
}

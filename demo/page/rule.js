// What the gateway decided, by its log, and the rule that did, by the document.

import { make } from './show.js';

const DOCUMENT = 'bank.openapi.yaml';

// explain fetches what the gateway's log says of a request and returns {line, rule, at, text}: the
// attributes, the lines of the document with the operation's rules as {number, text}, the number of
// the one that did not hold, and a sentence. It returns null where the page cannot know.
export async function explain(id) {
  try {
    const [log, file] = await Promise.all([fetch(`log/${encodeURIComponent(id)}`), fetch(DOCUMENT)]);
    if (!log.ok || !file.ok) return null;
    const line = await log.json();
    const rule = rulesOf(await file.text(), line.operation);
    const at = Number(new RegExp(`^the rule at ${DOCUMENT}:(\\d+):`).exec(line.error ?? '')?.[1] ?? 0);
    return { line, rule, at, text: sentence(line, rule, at) };
  } catch {
    return null;
  }
}

function sentence(line, rule, at) {
  if (at > 0) return `The rule in line ${at} of the document does not hold.`;
  if (line.decision !== 'allowed') return 'No rule was asked: it was refused before.';
  if (rule.length === 0) return 'No rule is written for it.';
  const done = [
    line.foreign_items && `took out ${count(line.foreign_items, 'item')} of others`,
    line.masked && `masked ${count(line.masked, 'value')}`,
  ].filter(Boolean).join(' and ');
  return done ? `It was let through, and the rules ${done}.` : 'The rules hold.';
}

const count = (text, noun) => `${text} ${noun}${text === '1' ? '' : 's'}`;
const indentOf = (line) => line.search(/\S|$/);

// rulesOf are the lines under x-sallyport of one operation.
export function rulesOf(text, operation) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `operationId: ${operation}`);
  if (start < 0) return [];
  const indent = indentOf(lines[start]);
  const end = (from, least) => {
    const after = lines.findIndex((line, index) => index > from && line.trim() !== '' && indentOf(line) < least);
    return after < 0 ? lines.length : after;
  };
  const first = lines.findIndex((line, index) => index > start && index < end(start, indent)
    && indentOf(line) === indent && line.trim() === 'x-sallyport:');
  if (first < 0) return [];
  return lines.slice(first, end(first, indent + 1)).map((line, index) => ({ number: first + index + 1, text: line.slice(indent) }));
}

const FACTS = [
  ['Decision', 'decision'], ['Operation', 'operation'], ['The bank answered', 'upstream_status'], ['Reason', 'reason'],
  ['Where', 'policy'], ['Why', 'error'], ['Items taken out', 'foreign_items'], ['Values masked', 'masked'],
];

// decision shows both.
export function decision(explained) {
  if (explained === null) return [];
  const { line, rule, at, text } = explained;
  const facts = FACTS.filter(([, key]) => line[key] !== undefined)
    .flatMap(([name, key]) => [make('dt', {}, name), make('dd', {}, make('code', {}, line[key]))]);
  const block = make('pre.rule', { tabindex: '0', role: 'group', 'aria-label': 'The rules of the operation' },
    ...rule.map(({ number, text: own }) => make('span.line', {}, make('span.number', {}, `${number}`),
      own.slice(0, indentOf(own)), number === at ? make('mark', {}, own.trimStart()) : own.trimStart(), '\n')));
  return [
    make('h4', {}, 'What the gateway decided'), make('p.told', {}, text), make('dl.facts', {}, ...facts),
    make('p.hint', {}, 'This is from its log. The caller is told no more than the answer above.'),
    ...(rule.length === 0 ? [] : [
      make('h4', {}, 'The rules in ', make('a', { href: DOCUMENT, target: '_blank', rel: 'noopener' }, DOCUMENT)), block]),
  ];
}

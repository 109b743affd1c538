// Reads a compact JWT for show (RFC 7519). Nothing here verifies anything.

// decode returns {header, payload} as values, or {error} as a sentence for a person.
export function decode(token) {
  if (token === '') return { header: null, payload: null };
  const parts = token.split('.');
  if (parts.length !== 3) return { error: `A token has three parts with a dot between; this has ${parts.length}.` };
  try {
    return { header: readPart(parts[0]), payload: readPart(parts[1]) };
  } catch {
    return { error: 'The parts are not base64url-encoded JSON.' };
  }
}

function readPart(part) {
  const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

// subject is whom a token names, or the empty string.
export function subject(token) {
  const { payload } = decode(token);
  return typeof payload?.sub === 'string' ? payload.sub : '';
}

// expiry says how far "exp" is from now: {text, past}.
export function expiry(payload, now = Date.now()) {
  if (typeof payload?.exp !== 'number') return { text: '', past: false };
  const seconds = Math.round(payload.exp - now / 1000);
  return seconds < 0
    ? { text: `expired ${span(-seconds)} ago`, past: true }
    : { text: `good for ${span(seconds)}`, past: false };
}

function span(seconds) {
  for (const [unit, size] of [['day', 86400], ['hour', 3600], ['minute', 60]]) {
    const count = Math.round(seconds / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'}`;
  }
  return 'a moment';
}

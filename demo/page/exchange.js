// One request and what came of it.

const TIMEOUT_MS = 10_000;

// send performs a request and returns {request, status, statusText, fields, text, json, ms}, or
// {request, trouble} where no answer could be read.
export async function send(origin, { method = 'GET', path, token = '', body }, signal) {
  const url = new URL(origin + path);
  const fields = [['Accept', 'application/json, application/problem+json']];
  if (token !== '') fields.push(['Authorization', `Bearer ${token}`]);
  if (body !== undefined) fields.push(['Content-Type', 'application/json']);
  const request = { method, url: url.href, host: url.host, target: url.pathname + url.search, fields, body };

  const started = performance.now();
  try {
    const response = await fetch(url, {
      method, body, headers: fields, mode: 'cors', credentials: 'omit', cache: 'no-store', redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
    });
    const text = await response.text();
    return {
      request, text, json: parsed(text), ms: performance.now() - started,
      status: response.status, statusText: response.statusText, fields: [...response.headers],
    };
  } catch (error) {
    return { request, trouble: troubleOf(error) };
  }
}

function troubleOf(error) {
  if (error.name === 'AbortError') return 'Given up for a newer request.';
  if (error.name === 'TimeoutError') return 'There was no answer within ten seconds.';
  if (error.name === 'TypeError') return 'The browser got no answer that it lets this page read. Is the address served, and does it allow this page (CORS)?';
  return String(error.message);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// field looks up one field of an answer.
export function field(answer, name) {
  return answer.fields?.find(([own]) => own === name.toLowerCase())?.[1];
}

// asCurl writes the request as a command for a POSIX shell.
export function asCurl(request) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const words = ['curl', '-i', '--path-as-is', '-X', request.method, quoted(request.url)];
  for (const [name, value] of request.fields) words.push('-H', quoted(`${name}: ${value}`));
  if (request.body !== undefined) words.push('--data-raw', quoted(request.body));
  return words.join(' ');
}

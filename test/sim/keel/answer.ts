/** What Keel answers to a request. */
export interface KeelAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The start page of the user interface: any unknown path, where its files are there. */
export const PAGE =
  '<!DOCTYPE html><html><head><title>Keel</title></head><body><div id="app"></div></body></html>\n';

export function empty(status: number): KeelAnswer {
  return { status, headers: {}, body: '' };
}

export function text(status: number, body: string): KeelAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

export function json(value: unknown): KeelAnswer {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

/** JSON that Keel sends without saying so. */
export function jsonAsText(value: unknown): KeelAnswer {
  return text(200, JSON.stringify(value));
}

export function page(): KeelAnswer {
  return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: PAGE };
}

export const UNAUTHORIZED: KeelAnswer = text(401, 'Unauthorized\n');
export const NOT_FOUND: KeelAnswer = text(404, '404 page not found\n');

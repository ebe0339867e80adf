/** What an endpoint answered. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of it, at most ANSWER_LIMIT bytes. */
  readonly body: string;
  /** There was more than that. */
  readonly isCut: boolean;
}

/** Why there is no answer. `code` is that of Node's system or TLS error, or one of the three words of this program. */
export interface Failure {
  readonly code: string | 'TIMEOUT' | 'CANCELLED' | 'UNKNOWN';
  readonly message: string;
}

/** One try: what was answered, or why nothing was, and how long that took in milliseconds. */
export interface Attempt {
  readonly answer: Answer | undefined;
  readonly failure: Failure | undefined;
  readonly ms: number;
}

/** No answer of Keel's webhook is longer than a line; a page of a proxy is cut here. In bytes. */
export const ANSWER_LIMIT = 16 * 1024;

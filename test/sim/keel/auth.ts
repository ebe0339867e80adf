import { randomBytes } from 'node:crypto';
import { json, type KeelAnswer, text } from './answer.ts';
import { decode, stringIn } from './go-json.ts';

/** Who may use the admin part. */
export interface Auth {
  /** Whether the header carries the password, or a token of this run of Keel. */
  isAdmin(authorization: string | undefined): boolean;
  login(body: string): KeelAnswer;
}

export function createAuth(basicAuth: { username: string; password: string } | undefined): Auth {
  // they die with the process, as its TOKEN_SECRET is not set
  const tokens = new Set<string>();
  return {
    isAdmin(authorization = '') {
      // without BASIC_AUTH_* any credentials will do (measured)
      if (!basicAuth) return authorization.startsWith('Basic ');
      const [scheme, value = ''] = authorization.split(' ');
      if (scheme === 'Bearer') return tokens.has(value);
      const pair = `${basicAuth.username}:${basicAuth.password}`;
      return scheme === 'Basic' && Buffer.from(value, 'base64').toString() === pair;
    },
    login(body) {
      const fields = decode(body, { username: 'string', password: 'string' });
      const isRight =
        stringIn(fields, 'username') === basicAuth?.username &&
        stringIn(fields, 'password') === basicAuth?.password;
      if (!isRight) return text(401, 'username or password incorrect\n');
      const token = Array.from({ length: 3 }, () => randomBytes(24).toString('base64url')).join('.');
      tokens.add(token);
      const answer = json({ token });
      return { ...answer, headers: { ...answer.headers, Authorization: `Bearer ${token}` } };
    },
  };
}

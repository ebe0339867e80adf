import type { Problem } from './admit.ts';
import type { Any, Store } from './store.ts';

/** A write as a policy sees it. */
export interface AdmissionReview {
  verb: 'create' | 'update';
  /** The plural of the kind. */
  resource: string;
  object: Any;
  /** What is stored: a policy may ask for other objects. */
  store: Store;
}

/** A policy: its words if it denies the write. */
export type Policy = (review: AdmissionReview) => string | undefined;

/** The policies of a cluster, asked for dry runs too, as webhooks with `sideEffects: None` are. */
export interface Admission {
  add(policy: Policy): void;
  /** The answer to a denied write, as the API server words that of a webhook. */
  problemOf(review: AdmissionReview): Problem | undefined;
}

export function createAdmission(): Admission {
  const policies: Policy[] = [];
  return {
    add: (policy) => policies.push(policy),
    problemOf(review) {
      for (const policy of policies) {
        const words = policy(review);
        if (words === undefined) continue;
        const message = `admission webhook "validate.policies.example.com" denied the request: ${words}`;
        return { code: 400, reason: 'BadRequest', message };
      }
      return undefined;
    },
  };
}

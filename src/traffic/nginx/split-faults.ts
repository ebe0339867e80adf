import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import type { Refusal } from '../../errors.ts';
import { hostsOf } from '../other-routes.ts';
import { PREFIX } from './annotations.ts';
import type { Controller } from './controllers.ts';
import { entriesTo } from './ingress.ts';
import { classVerdict } from './ingress-class.ts';

/** Why the users of an Ingress cannot be split. */
export interface SplitFault {
  refusal: Refusal;
  /** Who stays on stable if other Ingresses are split, as part of a sentence; absent if nobody comes by it. */
  users?: string;
}

/** What the verdict on an Ingress depends on. */
export interface SplitQuestion {
  services: readonly string[];
  namespace: string;
  /** undefined if the credentials may not read IngressClasses. */
  classes: readonly IngressClass[] | undefined;
  /** The controllers that run, as far as they may be read. */
  controllers: readonly Controller[];
  /** The user names ingress-nginx as the router (`traffic: nginx`). */
  insists: boolean;
}

/** Why this Ingress cannot be split; undefined if it can. */
export function splitFault(ingress: Ingress, question: SplitQuestion): SplitFault | undefined {
  return (
    otherClass(ingress, question) ??
    passthrough(ingress) ??
    redirect(ingress) ??
    unreachable(ingress, question) ??
    meshed(ingress, question)
  );
}

/** What users of an Ingress that is split have to know. */
export function splitWarnings(ingress: Ingress, { services, namespace, insists }: SplitQuestion): string[] {
  const name = nameOf(ingress);
  const read = (annotation: string) => annotationOf(ingress, annotation);
  const statuses = read('custom-http-errors');
  const errorPages =
    statuses !== undefined && read('default-backend') !== undefined
      ? `${name} has error pages of its own (custom-http-errors: "${statuses}", default-backend): ingress-nginx splits the request for an error page by the weight too, so users may get the / of the canary instead. The access log shows the failure behind the page; the counters do not.`
      : undefined;
  const key = read('upstream-hash-by');
  const hashed =
    key === undefined
      ? undefined
      : `${name} chooses the pod by upstream-hash-by "${key}": while the canary has a share, one key gets pods of both versions in turn.`;
  const past = snippetsOf(ingress).find((snippet) => /\bproxy_pass\b/.test(snippet));
  const snippet =
    past === undefined
      ? undefined
      : `${name} has a snippet with proxy_pass: requests that it sends elsewhere are not split.`;
  const mesh = insists ? meshHint(ingress, services, namespace) : undefined;
  const trusted =
    mesh === undefined
      ? undefined
      : `${name} names stable's Service by ${mesh}: a service mesh would send the canary's share to stable. \`traffic: nginx\` says that there is none.`;
  return [errorPages, hashed, snippet, trusted].flatMap((warning) => warning ?? []);
}

function otherClass(ingress: Ingress, question: SplitQuestion): SplitFault | undefined {
  const { classes, insists, controllers } = question;
  const verdict = classVerdict(ingress, classes, insists, controllers);
  if (verdict.ours) return undefined;
  return {
    refusal: {
      code: 'ingress-class',
      message: `${nameOf(ingress)} is not served by ingress-nginx: it has ${verdict.found}.`,
      hint: verdict.isKnown
        ? 'Canary annotations work on ingress-nginx (controller k8s.io/ingress-nginx) only.'
        : 'Canary annotations work on ingress-nginx only. If ingress-nginx serves this class (`--controller-class`, `--ingress-class`, `--watch-ingress-without-class`), set `traffic: nginx`.',
    },
    users: `those of ${nameOf(ingress)} (${verdict.found})`,
  };
}

function passthrough(ingress: Ingress): SplitFault | undefined {
  if (!isTrue(annotationOf(ingress, 'ssl-passthrough'))) return undefined;
  return {
    refusal: {
      code: 'unsplittable',
      message: `${nameOf(ingress)} has ssl-passthrough: ingress-nginx passes the TLS connection to the Service as it is, and cannot split its requests.`,
      hint: 'Let ingress-nginx end TLS: remove the annotation, and give the Ingress the certificate (`spec.tls`).',
    },
    users: `those of ${nameOf(ingress)} (ssl-passthrough)`,
  };
}

/** An Ingress that only redirects has no users of the Service. */
function redirect(ingress: Ingress): SplitFault | undefined {
  const found = ['permanent-redirect', 'temporal-redirect'].find((each) => annotationOf(ingress, each));
  if (found === undefined) return undefined;
  return {
    refusal: {
      code: 'unsplittable',
      message: `${nameOf(ingress)} redirects all its users (${found}): none of them comes to a pod.`,
      hint: 'Name the Service that users come to with `service`, or remove the annotation.',
    },
  };
}

/** A default backend of hosts whose paths are all taken. */
function unreachable(ingress: Ingress, { services }: SplitQuestion): SplitFault | undefined {
  if (entriesTo(ingress, services).length > 0) return undefined;
  return {
    refusal: {
      code: 'unsplittable',
      message: `${nameOf(ingress)} sends to the Service by its default backend alone, and its rules take every path of their hosts.`,
      hint: 'Add a rule that sends to the Service.',
    },
  };
}

function meshed(ingress: Ingress, { services, namespace, insists }: SplitQuestion): SplitFault | undefined {
  const found = insists ? undefined : meshHint(ingress, services, namespace);
  if (found === undefined) return undefined;
  return {
    refusal: {
      code: 'unsplittable',
      message: `${nameOf(ingress)} names stable's Service by ${found}: a service mesh beside ingress-nginx would send the canary's share to stable, and the release would pass untried.`,
      hint: 'If no mesh runs beside ingress-nginx, set `traffic: nginx`.',
    },
    users: `those of ${nameOf(ingress)} (${found})`,
  };
}

/** What tells a mesh which Service to send to, whatever pod ingress-nginx has chosen. */
function meshHint(ingress: Ingress, services: readonly string[], namespace: string): string | undefined {
  const host = annotationOf(ingress, 'upstream-vhost')?.replace(/:\d+$/, '');
  if (services.some((service) => hostsOf(service, namespace).includes(host ?? ''))) {
    return `upstream-vhost "${host}"`;
  }
  return snippetsOf(ingress).some((snippet) => snippet.includes('l5d-dst-override'))
    ? 'the header l5d-dst-override of a snippet'
    : undefined;
}

function snippetsOf(ingress: Ingress): string[] {
  return ['configuration-snippet', 'server-snippet'].flatMap((each) => annotationOf(ingress, each) ?? []);
}

function annotationOf({ metadata }: Ingress, name: string): string | undefined {
  return metadata?.annotations?.[PREFIX + name];
}

function nameOf({ metadata }: Ingress): string {
  return `Ingress/${metadata?.name ?? ''}`;
}

// the words of Go's strconv.ParseBool
function isTrue(value: string | undefined): boolean {
  return /^(1|t|T|true|True|TRUE)$/.test(value ?? '');
}

import type { Ingress } from 'kubernetes-types/networking/v1';
import { ingressClasses, ingresses, nameOf, services as serviceKind } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import type { RouteObjects, TrafficSplit } from '../split.ts';
import { isTraefiks } from './ingress-class.ts';
import { middlewares } from './kinds.ts';
import { refusal } from './refusals.ts';
import {
  ANNOTATIONS,
  hasKnownMatcher,
  type IngressPath,
  middlewaresOf,
  pathsOf,
  routerAnnotation,
} from './stand-in.ts';

type Split = Pick<TrafficSplit, 'services'>;

/** Why an IngressRoute of ours cannot take the place of an Ingress. */
export function ingressRefusals(ingress: Ingress, split: Split, objects: RouteObjects): Refusal[] {
  const name = nameOf(ingresses, ingress);
  const isOurs = (service: string | undefined) => split.services.some(({ stable }) => stable === service);
  const paths = pathsOf(ingress).filter(({ backend }) => isOurs(backend.service?.name));
  const { all, own } = middlewaresOf(ingress);
  const known = new Set(objects.all(middlewares).map(({ metadata }) => metadata?.name));
  const unknown = own.filter((each) => !known.has(each));
  const options = routerAnnotation(ingress, 'tls.options') ?? '';
  const namespace = ingress.metadata?.namespace ?? '';
  const foreign = [...all, options].find(
    (each) => each.endsWith('@kubernetescrd') && !each.startsWith(`${namespace}-`),
  );
  const annotated = objects
    .all(serviceKind)
    .filter(({ metadata }) => isOurs(metadata?.name))
    .flatMap(({ metadata }) => Object.keys(metadata?.annotations ?? {}))
    .find((key) => key.startsWith(`${ANNOTATIONS}service.`));
  return [
    ...(isOurs(ingress.spec?.defaultBackend?.service?.name)
      ? [
          refusal(
            `${name} sends to the Service by its default backend, which an IngressRoute cannot stand in for.`,
            'Give the Ingress a rule with the path /.',
          ),
        ]
      : []),
    ...paths
      .filter(({ host }) => host.startsWith('*'))
      .map(({ host }) =>
        refusal(
          `${name} is for the host ${host}. What Traefik makes of a wildcard depends on its version.`,
          'Write the Ingress with the whole host names, or use an IngressRoute.',
        ),
      ),
    ...(hasKnownMatcher(ingress)
      ? []
      : [
          refusal(
            `${name} has the path matcher "${routerAnnotation(ingress, 'pathmatcher')}", which Traefik 3 does not know.`,
            'Use Path, PathPrefix or PathRegexp.',
          ),
        ]),
    ...(foreign !== undefined
      ? [
          refusal(
            `${name} uses ${foreign}, which is of another namespace. An IngressRoute may not name it by default.`,
            "Put a copy of it into the Ingress's namespace.",
          ),
        ]
      : []),
    ...(unknown.length > 0
      ? [
          refusal(
            objects.isReadable(middlewares)
              ? `${name} uses the middleware ${unknown.join(', ')}, which does not exist in its namespace.`
              : `${name} uses the middleware ${unknown.join(', ')}, and the credentials may not \`list\` middlewares.traefik.io. An IngressRoute with a middleware that does not exist answers 404.`,
            'Give the step the rights that `drone-promote rbac` prints, or mend the annotation.',
          ),
        ]
      : []),
    ...(annotated === undefined
      ? []
      : [
          refusal(
            `The Service behind ${name} has the annotation ${annotated}, which Traefik reads for Ingresses alone.`,
            'Use an IngressRoute, which says the same by a field.',
          ),
        ]),
    ...paths.flatMap((each) => rivals(each, ingress, objects)),
  ];
}

/**
 * A path of an Ingress that would lose users to the IngressRoute of ours: it begins with ours, and its priority is above ours now, and not
 * above it by more than the one that ours gets.
 */
function rivals(path: IngressPath, ingress: Ingress, objects: RouteObjects): Refusal[] {
  const name = nameOf(ingresses, ingress);
  return objects
    .all(ingresses)
    .filter((each) => isTraefiks(each, objects))
    .flatMap((other) => pathsOf(other).map((rule) => ({ other, rule })))
    .filter(
      ({ rule }) => rule.rule !== path.rule && rule.host === path.host && rule.path.startsWith(path.path),
    )
    .filter(({ rule }) => rule.priority >= path.priority && rule.priority <= path.priority + 1)
    .map(({ other, rule }) =>
      refusal(
        `${name} and ${nameOf(ingresses, other)} share the host ${path.host || '*'}, and the path ${rule.path} of the second has no higher priority than the canary of ${path.path || '/'} would have.`,
        `Set the annotation ${ANNOTATIONS}router.priority of ${nameOf(ingresses, other)} to ${path.priority + 2}.`,
      ),
    );
}

/** What is unknown of the class. */
export function classWarnings(all: readonly Ingress[], objects: RouteObjects): string[] {
  if (objects.isReadable(ingressClasses)) return [];
  return all.map(
    (each) =>
      `${nameOf(ingresses, each)}: the credentials may not read IngressClasses, so that its class "traefik" is believed to be Traefik's.`,
  );
}

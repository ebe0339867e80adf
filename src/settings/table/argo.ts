import * as parse from '../parsers.ts';
import { choice, flag, type Setting, setting } from './row.ts';

/** Settings that only a Rollout of Argo Rollouts needs. */
export const ARGO = {
  bootstrap: choice(['false', 'true', 'undo'], {
    default: 'false',
    engines: ['argo'],
    description:
      '`true` migrates Deployment/NAME to an Argo Rollout of the same name without losing a request, with the canary’s `steps` and an AnalysisTemplate made of `checks`. `undo` migrates back. The step does nothing else. With `dry_run` it prints the YAML.',
  }),
  until: choice(['paused', 'healthy'], {
    default: 'paused',
    engines: ['argo'],
    description:
      'When the step ends. `paused`: at a pause of the Rollout that only a person ends; the next promotion continues there. `healthy`: when the release is the stable version of the Rollout.',
  }),
  promote_full: flag({
    engines: ['argo'],
    description:
      'Skip the remaining steps, pauses and analysis of the Rollout, once its controller has processed the release.',
  }),
  argo_dashboard: setting({
    type: 'string',
    parse: parse.url,
    default: undefined,
    example: 'https://argo.example.com/rollouts',
    engines: ['argo'],
    description:
      'The URL of the dashboard of Argo Rollouts, with its root path if that is not `/rollouts`. The log then links to the Rollout’s page.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

import * as parse from '../parsers.ts';
import { choice, flag, type Setting, setting } from './row.ts';

/** Settings that only a Rollout of Argo Rollouts needs. */
export const ARGO = {
  bootstrap: choice(['false', 'true', 'undo'], {
    default: 'false',
    description:
      '`true` makes the Rollout of the Deployment of the same name, with the canary’s `steps` and an AnalysisTemplate out of `checks`, and no request is lost; with `dry_run` it prints the YAML. `undo` is the reverse. The step does nothing else then.',
  }),
  until: choice(['paused', 'healthy'], {
    default: 'paused',
    description:
      'Where the step ends: `paused` at a pause of the Rollout that only a person ends (held; promote again to go on), `healthy` when the release is the stable one.',
  }),
  promote_full: flag({
    description:
      'Skip what is left of the Rollout’s steps, pauses and analysis, once its controller has seen the release.',
  }),
  argo_dashboard: setting({
    type: 'text',
    parse: parse.url,
    default: undefined,
    description:
      'The address of the dashboard of Argo Rollouts: the log links to the Rollout’s page. With its root path, where that is not `/rollouts`.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

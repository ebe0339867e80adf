import type { Fields } from './fields.ts';
import type { SeriesJudge } from './types.ts';

/** The keys of a map that configure `judge: mann-whitney`. */
export const SERIES_KEYS = [
  'direction',
  'nan',
  'outliers',
  'outlier_factor',
  'effect',
  'allowed_increase',
  'allowed_decrease',
  'critical_increase',
  'critical_decrease',
  'critical',
  'must_have_data',
  'group',
] as const;

/**
 * Reads the settings of `judge: mann-whitney`, with the defaults of Kayenta. Faults go to `fields.faults`.
 */
export function seriesJudgeOf(fields: Fields): SeriesJudge {
  const bounds = Object.fromEntries(
    (['allowed_increase', 'allowed_decrease', 'critical_increase', 'critical_decrease'] as const).flatMap(
      (key) => {
        const value = fields.number(key);
        return value === undefined ? [] : [[camel(key), value]];
      },
    ),
  );
  const effect = fields.word('effect', ['mean-ratio', 'cles']) ?? 'mean-ratio';
  return {
    direction: fields.word('direction', ['increase', 'decrease', 'either']) ?? 'either',
    nanStrategy: fields.word('nan', ['remove', 'replace']) ?? 'remove',
    outliers: {
      strategy: fields.word('outliers', ['keep', 'remove']) ?? 'keep',
      outlierFactor: fields.number('outlier_factor') ?? 3,
    },
    effectSize: { measure: effect === 'cles' ? 'cles' : 'meanRatio', ...bounds },
    critical: fields.flag('critical') ?? false,
    mustHaveData: fields.flag('must_have_data') ?? false,
    groups: [fields.text('group') ?? 'all'],
  };
}

function camel(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

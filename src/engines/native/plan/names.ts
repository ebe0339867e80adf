import { hashOf } from '../../../workload/names.ts';
import type { Plan } from './plan.ts';
import { testValue } from './split/label.ts';

/**
 * The name of a check's Job. A run that resumes the promotion gets the same name.
 *
 * @param step the number of the step that it belongs to, from 1; undefined if it runs before the first user
 */
export function jobName(
  { workload }: Pick<Plan, 'workload'>,
  check: string,
  id: string,
  step?: number,
): string {
  const word = (text: string, length: number) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, length)
      .replace(/^-+|-+$/g, '');
  const parts =
    step === undefined
      ? [word(workload, 26), word(check, 20), hashOf(`${id} ${check}`, 8)]
      : [word(workload, 26), word(check, 17), String(step), hashOf(`${id} ${check} ${step}`, 8)];
  return parts.filter((part) => part !== '').join('-');
}

/** The value of the split label on the pods of a check. No Service of the workload selects it. */
export function testLabel({ label }: Plan): string {
  return testValue(label.canary);
}

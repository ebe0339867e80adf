import { existsSync } from 'node:fs';

/**
 * Files that Harness CI offers to each step by a variable `PLUGIN_…`, for the step to write to
 * (harness/lite-engine, pipeline/runtime/run.go). They are not settings of the user.
 */
const STEP_FILES: readonly string[] = [
  'build_tool_file',
  'cache_intel_metrics_file',
  'cache_metrics_file',
  'metadata_file',
];

/** Whether the step runs on Harness CI. */
export function isHarness(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.HARNESS_BUILD_ID !== undefined;
}

/**
 * Whether Harness set this variable itself. It points `artifact_file` to `<shared>/<step>-artifact`, which
 * does not exist before the step writes it; a file that exists comes from an earlier step, so the user means
 * it.
 */
export function isSetByHarness(name: string, value: string): boolean {
  if (STEP_FILES.includes(name)) return true;
  return name === 'artifact_file' && value.endsWith('-artifact') && !existsSync(value);
}

import { generateKeyPairSync } from 'node:crypto';
import { stepEnvironment } from '../../e2e/step-environment.ts';
import type { environments } from '../fixtures/ci/environments.ts';

type CI = keyof typeof environments;
type Values = Readonly<Record<string, unknown>>;

/** A step of this project's image that a document shows. */
export interface ShownStep {
  ci: CI;
  image: string;
  /** The settings as the CI hands them to the step: `PLUGIN_…`, or `INPUT_…` on GitHub. */
  variables: Readonly<Record<string, string>>;
}

const OURS = /(^|\/)drone-promote(:|@|$)/;

/** The text with Drone's own variables replaced, as its server does before it parses the YAML. */
export function substituted(text: string): string {
  return text.replaceAll(/\$\{DRONE_TAG##[^}]*\}/g, '1.4.2');
}

/** The steps of this project's image in a document of YAML, whichever CI's pipeline it is; also of a list of steps without one. */
export function stepsIn(document: unknown): ShownStep[] {
  if (Array.isArray(document)) return document.flatMap((each) => stepIn(each, 'drone'));
  if (!isMap(document)) return [];
  const { kind, steps, jobs } = document;
  if (isMap(jobs))
    return Object.values(jobs).flatMap((job) => listOf((job as Values).steps).flatMap(actionIn));
  if (steps !== undefined) {
    const isDrone = kind === 'pipeline';
    const listed = Array.isArray(steps) ? steps : Object.values(steps as Values);
    return listed.flatMap((step) => stepIn(step, isDrone ? 'drone' : ciOf(document)));
  }
  if (isMap(document.settings)) return shown('drone', '', document.settings);
  return Object.values(document).flatMap(jobIn);
}

/** A pipeline of Woodpecker has no kind, and its own `when:`; a fragment is taken for Drone's. */
function ciOf({ when }: Values): CI {
  return when === undefined ? 'drone' : 'woodpecker';
}

function stepIn(each: unknown, ci: CI): ShownStep[] {
  if (!isMap(each)) return [];
  if (isMap(each.step)) {
    const { image, settings } = (each.step.spec ?? {}) as Values;
    return isMap(settings) && OURS.test(String(image)) ? shown('harness', String(image), settings) : [];
  }
  const { image, settings } = each;
  return isMap(settings) && OURS.test(String(image)) ? shown(ci, String(image), settings) : [];
}

function actionIn(each: unknown): ShownStep[] {
  if (!isMap(each) || !OURS.test(String(each.uses))) return [];
  const inputs = Object.entries((each.with ?? {}) as Values).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    String(value),
  ]);
  return [{ ci: 'github', image: String(each.uses), variables: Object.fromEntries(inputs) }];
}

function jobIn(each: unknown): ShownStep[] {
  if (!isMap(each) || !isMap(each.variables)) return [];
  const image = String(isMap(each.image) ? each.image.name : each.image);
  const variables = Object.entries(each.variables).map(([name, value]) => [name, String(value)]);
  return OURS.test(image) ? [{ ci: 'gitlab', image, variables: Object.fromEntries(variables) }] : [];
}

/** As the runner makes them. A secret becomes its value, which Drone replaces at the top of the settings only. */
function shown(ci: CI, image: string, settings: Values): ShownStep[] {
  const values = Object.entries(settings).map(([name, value]) => [
    name,
    isMap(value) && 'from_secret' in value
      ? (SECRETS[name] ?? 'secret')
      : ci === 'woodpecker'
        ? asWoodpecker(value)
        : value,
  ]);
  const all = stepEnvironment(Object.fromEntries(values));
  const plugin = Object.entries(all).filter(([name]) => name.startsWith('PLUGIN_'));
  return [{ ci, image, variables: Object.fromEntries(plugin) }];
}

/** What a secret must look like to be taken. */
const SECRETS: Readonly<Record<string, string>> = {
  verify_key: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString(),
  notify: 'slack=https://hooks.slack.example/services/T0/B0/KEY',
};

/** Woodpecker hands a list on as JSON. */
function asWoodpecker(value: unknown): unknown {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

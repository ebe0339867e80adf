import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { checkBuild } from '../../src/ci/check-build.ts';
import { readBuild } from '../../src/ci/read-build.ts';
import { withInputs } from '../../src/settings/ci/github-inputs.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { environments } from '../fixtures/ci/environments.ts';
import { blocks, read } from './blocks.ts';
import { type ShownStep, stepsIn, substituted } from './render.ts';

const yaml = [
  ...blocks().filter(({ language }) => language === 'yaml'),
  { where: '.drone.yml', language: 'yaml', text: read('.drone.yml') },
];
const steps = yaml.flatMap(({ where, text }) =>
  parseAllDocuments(substituted(text)).flatMap((document) =>
    stepsIn(document.toJS()).map((step) => ({
      where,
      step,
      isWhole: /^(kind: pipeline|when:|jobs:)/m.test(text),
    })),
  ),
);

/** What a block that shows a few settings leaves out. */
const REST = { PLUGIN_REPO: 'r:5000/shop/web', PLUGIN_WORKLOAD: 'deployment/web' };

/** The environment of the step: what its CI and its image set, under what the pipeline says. */
function environmentOf({ ci, image, variables }: ShownStep, isWhole: boolean) {
  const isComplete = isWhole || 'PLUGIN_WORKLOAD' in variables || 'PLUGIN_URLS' in variables;
  const all = { ...environments[ci], DRONE_PROMOTE_IMAGE: image, ...(isComplete ? {} : REST), ...variables };
  return withInputs(all);
}

describe('the pipelines in the documents', () => {
  it('are found, and are valid YAML', () => {
    assert.ok(steps.length > 10, `${steps.length} steps`);
    for (const { where, text } of yaml) {
      for (const { errors } of parseAllDocuments(text)) assert.deepEqual(errors, [], where);
    }
    for (const ci of ['drone', 'woodpecker', 'harness', 'github', 'gitlab']) {
      assert.ok(
        steps.some(({ step }) => step.ci === ci),
        `no document shows a pipeline of ${ci}`,
      );
    }
  });

  for (const { where, step, isWhole } of steps) {
    it(`${where}: the step has settings that are valid on ${step.ci}`, () => {
      const { settings, warnings } = loadSettings(environmentOf(step, isWhole));
      assert.deepEqual(warnings, []);
      assert.ok(settings.repo ?? settings.template, 'no image');
    });

    it(`${where}: ${step.ci} starts it for production`, () => {
      const env = environmentOf(step, isWhole);
      const { settings } = loadSettings(env);
      // Drone's recording is of a promotion to production; other targets are the pipeline's own
      const build = readBuild(env, settings);
      const target = settings.targets.includes(build.target) ? build.target : (settings.targets[0] ?? '');
      checkBuild({ ...build, target }, settings);
    });

    if (step.image !== '') {
      it(`${where}: it names the version of the image`, () =>
        assert.match(step.image, /[:@]v?\d+\.\d+(\.\d+)?$/));
    }
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { makePlan } from '../../../../../src/engines/native/plan/make-plan.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { traefik } from '../../../../../src/traffic/traefik/router.ts';
import { spec } from '../../fixtures.ts';
import { PUBLIC_SHAPES, type PublicShape } from './public-shapes.ts';
import { inventoryOf } from './shape.ts';

const PAGE = readFileSync(new URL('../../../../../docs/compatibility.md', import.meta.url), 'utf8');

/** What came, as docs/compatibility.md writes it. */
function rowOf({ name, refused, warnings = [] }: PublicShape): string {
  const came = refused
    ? `refused: ${refused.map((code) => `\`${code}\``).join(', ')}`
    : warnings.length > 0
      ? 'plan with a warning'
      : 'plan';
  return `| ${name} | ${came} |`;
}

describe('engines/native/plan: public charts and examples', () => {
  for (const each of PUBLIC_SHAPES) {
    const { name, workload, shape, insists, refused, warnings = [] } = each;
    it(`${name}: ${refused ? `refused (${refused.join(', ')})` : 'a plan'}`, () => {
      const routers = insists ? [nginx] : [nginx, traefik];
      const traffic = insists ? 'nginx' : 'auto';
      const made = makePlan(spec({ workload, traffic }), inventoryOf(shape), routers);
      if ('refusals' in made) {
        assert.deepEqual(
          made.refusals.map(({ code }) => code),
          refused ?? [],
          made.refusals.map(({ message }) => message).join('\n'),
        );
        return;
      }
      assert.equal(refused, undefined, 'it gives a plan');
      assert.equal(made.warnings.length, warnings.length, made.warnings.join('\n'));
      for (const [index, warning] of warnings.entries()) assert.match(made.warnings[index] ?? '', warning);
    });
  }

  it('are all listed in docs/compatibility.md, with what came', () => {
    const missing = PUBLIC_SHAPES.map(rowOf).filter((row) => !PAGE.includes(row));
    assert.deepEqual(missing, []);
  });
});

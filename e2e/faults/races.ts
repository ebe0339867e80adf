import { startSimWorld } from '../../test/sim/world.ts';
import { deployApp, leftovers, SETTINGS } from '../app.ts';
import { rbacRules } from '../rbac.ts';

/** Begins two promotions of different releases in the same instant, `rounds` times. @returns what went wrong, a line each */
export async function raceOnSim(rounds: number): Promise<string[]> {
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const world = await startSimWorld(rbacRules(), round + 1);
    try {
      await deployApp(world);
      const next = { DRONE_BUILD_NUMBER: '78', DRONE_TAG: 'v1.2.0' };
      const both = [world.step(SETTINGS), world.step(SETTINGS, next)];
      const ended = await Promise.all(both.map(({ done }) => done));
      const codes = ended.map(({ code }) => code);
      const refused = ended.find(({ code }) => code === 2);
      const names = /is being promoted by build 7[78] by ann/.test(refused?.log ?? '');
      const left = await leftovers(world);
      if (codes.toSorted().join() !== '0,2' || !names || left.length > 0) {
        wrong.push(
          `round ${round + 1}: exit ${codes.join(' and ')}, left over: ${left.join(', ') || 'nothing'}`,
        );
      }
    } finally {
      await world.stop();
    }
  }
  return wrong;
}

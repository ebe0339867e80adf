import { storiesOf } from '../../rolling/stories.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = storiesOf('Deployment');

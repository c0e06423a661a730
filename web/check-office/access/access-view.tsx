import { ApiKeys } from './api-keys.tsx';
import { Identities } from './identities.tsx';

/** Who may call the API beside the people who sign in: API keys, and who a token of an outside issuer is here. */
export default function AccessView() {
  return (
    <>
      <ApiKeys />
      <Identities />
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import type { TerminalKey } from '../../client/presentation.ts';
import { useSession } from '../session/session.tsx';

/** `undefined` while it is being looked for; `null` where this browser cannot have one. */
export function useTerminalKey(): TerminalKey | null | undefined {
  const { partyId } = useSession();
  const { data } = useQuery({
    queryKey: ['terminal-key', partyId],
    queryFn: async () => {
      const { terminalKeyOf } = await import('./terminal-key.ts');
      return (await terminalKeyOf(partyId)) ?? null;
    },
    // A key is no data to be compared or copied.
    structuralSharing: false,
    staleTime: Infinity,
  });
  return data;
}

import { useQuery } from '@tanstack/react-query';
import { api } from '../data/api.ts';
import { formatWord } from '../shared/format.ts';
import { Loading, ProblemAlert } from '../shared/states.tsx';
import { Age, Mark } from '../shared/values.tsx';

/** What the check office says of a check (claim 2): asked when it is shown, and again by a button. */
export function Verdict({ jws }: { readonly jws: string }) {
  const asked = useQuery({
    queryKey: ['validation', jws],
    queryFn: async () => {
      const { data, error } = await api.POST('/v1/echecks/validation', { body: { echeck: jws } });
      if (!data) throw error;
      return { ...data, askedAt: new Date().toISOString() };
    },
  });
  if (asked.error !== null) return <ProblemAlert error={asked.error} onRetry={() => void asked.refetch()} />;
  if (!asked.data) return <Loading lines={1} what="The check office validates the check" />;
  const { valid, reason, askedAt } = asked.data;
  return (
    <p className="verdict" aria-live="polite">
      <Mark word={valid ? 'good' : 'bad'} of={valid ? 'Check valid' : 'Check not valid'} />{' '}
      {reason !== undefined && <strong>{formatWord(reason)}. </strong>}
      <span className="quiet">
        says the check office, <Age since={askedAt} />
      </span>{' '}
      <button
        type="button"
        className="secondary outline small"
        aria-busy={asked.isFetching}
        disabled={asked.isFetching}
        onClick={() => void asked.refetch()}
      >
        Validate again
      </button>
    </p>
  );
}

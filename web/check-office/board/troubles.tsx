import { useTroubles } from '../data.ts';

/** What keeps orders from going on and they cannot say themselves: no worker, none of their version, a build that fails. */
export function Troubles() {
  const { data: troubles = [] } = useTroubles();
  if (troubles.length === 0) return null;
  return (
    <div role="alert" className="problem">
      <ul aria-label="What keeps orders from going on">
        {troubles.map((trouble) => (
          <li key={trouble}>{sentence(trouble)}</li>
        ))}
      </ul>
    </div>
  );
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

import { useState } from 'react';
import { Panel } from '../shared/page.tsx';
import { Loaded, ProblemAlert } from '../shared/states.tsx';
import { OwnServer } from './own-server.tsx';
import { useOwnChange, useOwnRegistration, type DistributorRegistration, type SellerRegistration } from './own.ts';

type Agent = SellerRegistration['agent'];

/** What each agent means, in words of the party's own desk. */
export type AgentWords = Readonly<Record<Agent, string>>;

/** Who acts for the party: the service at once, a person at this desk, or the party's own server. */
export function AgentPanel({ title, words }: { readonly title: string; readonly words: AgentWords }) {
  const own = useOwnRegistration();
  return (
    <Panel title={title}>
      <Loaded of={own}>
        {(registered) => (
          <>
            <AgentSwitch words={words} registered={registered} />
            <OwnServer key={registered.site?.url} registered={registered} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function AgentSwitch(props: {
  readonly words: AgentWords;
  readonly registered: SellerRegistration | DistributorRegistration;
}) {
  const { words, registered } = props;
  const { agent, version } = registered;
  const change = useOwnChange();
  // Shown at once; what is registered counts again as soon as the API has answered.
  const [wanted, setWanted] = useState<Agent>();
  const shown = wanted ?? agent;
  const choose = (one: Agent): void => {
    if (change.isPending) return;
    setWanted(one);
    change.mutate({ agent: one, version }, { onSettled: () => setWanted(undefined) });
  };
  return (
    <fieldset className="agent" aria-busy={change.isPending}>
      <legend className="quiet">For orders that are placed from now on: what is under way stays as it began.</legend>
      {(['auto', 'manual'] as const).map((one) => (
        <label key={one} className={shown === one ? 'chosen' : undefined}>
          <input type="radio" name="agent" checked={shown === one} onChange={() => choose(one)} />
          {words[one]}
        </label>
      ))}
      {agent === 'site' && <p className="chosen">{words.site}</p>}
      {change.error !== null && <ProblemAlert error={change.error} />}
    </fieldset>
  );
}

import { Choice } from '../choice.tsx';
import type { Schemas } from '../data.ts';

interface Acting {
  readonly name: string;
  readonly agent: Schemas['Agent'];
  readonly site?: Schemas['Site'];
}

/** A party's name, and who acts for it: the service, a person, or its own server. */
export function AgentFields(props: { readonly value: Acting; readonly onChange: (part: Partial<Acting>) => void }) {
  const { value, onChange } = props;
  return (
    <div className="actions">
      <label>
        Name
        <input
          required
          maxLength={200}
          value={value.name}
          onChange={({ target }) => onChange({ name: target.value })}
        />
      </label>
      <Choice
        label="Agent"
        value={value.agent}
        options={['auto', 'manual', 'site']}
        onChange={(agent) => onChange({ agent })}
      />
      <label className="grows">
        Address of its own server
        <input
          type="url"
          required={value.agent === 'site'}
          placeholder="none"
          value={value.site?.url ?? ''}
          onChange={({ target }) => onChange({ site: target.value === '' ? undefined : { url: target.value } })}
        />
      </label>
    </div>
  );
}

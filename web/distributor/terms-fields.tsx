import './terms.css';
import type { TypedTerms } from './typed-terms.ts';

export interface TermsFields {
  readonly typed: TypedTerms;
  readonly onChange: (typed: TypedTerms) => void;
}

/** The names of the members that are typed as text. */
type TextMember = Exclude<keyof TypedTerms, 'countries' | 'weekdays'>;

interface NumberField extends TermsFields {
  readonly member: TextMember;
  readonly label: string;
  readonly hint?: string;
  readonly max: number;
  readonly min?: number;
  readonly step?: number;
  readonly required?: boolean;
}

function NumberField({ typed, onChange, member, label, hint, max, min = 0, step = 1, required = true }: NumberField) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={min}
        max={max}
        step={step}
        required={required}
        value={typed[member]}
        onChange={({ target }) => onChange({ ...typed, [member]: target.value })}
      />
      {hint !== undefined && <small>{hint}</small>}
    </label>
  );
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

/** Days and hours of service, by the distributor's own clock. */
export function ClockFields({ typed, onChange }: TermsFields) {
  const fields = { typed, onChange };
  return (
    <>
      <fieldset>
        <legend>Days of service</legend>
        <div className="choices">
          {WEEKDAYS.map((day) => (
            <label key={day}>
              <input
                type="checkbox"
                checked={typed.weekdays.includes(day)}
                onChange={({ target }) =>
                  onChange({
                    ...typed,
                    weekdays: target.checked ? [...typed.weekdays, day] : typed.weekdays.filter((one) => one !== day),
                  })
                }
              />
              {nameOf(day)}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="fields">
        <label>
          Time zone
          <input
            required
            list="time-zones"
            autoComplete="off"
            value={typed.timeZone}
            onChange={({ target }) => onChange({ ...typed, timeZone: target.value })}
          />
          <datalist id="time-zones">
            {Intl.supportedValuesOf('timeZone').map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </datalist>
        </label>
        <NumberField {...fields} member="fromHour" label="From (hour)" max={23} />
        <NumberField
          {...fields}
          member="toHour"
          label="To (hour)"
          hint="not included; 24 is midnight"
          max={24}
          min={1}
        />
        <NumberField
          {...fields}
          member="cutOffHour"
          label="Cut-off (hour)"
          hint="later goods leave on the next day of service; empty: they leave when ready"
          max={24}
          required={false}
        />
      </div>
    </>
  );
}

/** How much it takes, and how long it needs. */
export function CarryingFields(fields: TermsFields) {
  return (
    <div className="fields">
      <NumberField
        {...fields}
        member="maxKilograms"
        label="Heaviest load (kg)"
        max={1_000_000}
        min={0.001}
        step={0.001}
      />
      <NumberField {...fields} member="homeHours" label="Hours to the door at home" max={10_000} />
      <NumberField {...fields} member="abroadHours" label="Hours to the door abroad" max={10_000} />
    </div>
  );
}

/** 1 January 2024 was a Monday. */
function nameOf(weekday: number): string {
  return new Intl.DateTimeFormat(undefined, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, weekday));
}

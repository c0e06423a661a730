import { query } from '../data/api.ts';
import { countryName } from '../shared/format.ts';
import type { TermsFields } from './terms-fields.tsx';

/** Every country that goods can go to, by name; empty until they are read. */
function useCountries(): readonly { readonly code: string; readonly name: string }[] {
  const { data } = query.useQuery('get', '/v1/countries', {}, { staleTime: Infinity });
  return data?.data ?? [];
}

/** The countries served; the first is home. */
export function AreaFields({ typed, onChange }: TermsFields) {
  const [home, ...abroad] = typed.countries;
  const others = useCountries().filter(({ code }) => !typed.countries.includes(code));
  const serve = (countries: readonly string[]): void => onChange({ ...typed, countries });
  return (
    <fieldset>
      <legend>Countries</legend>
      <div className="fields">
        <label>
          At home in
          <select value={home} onChange={({ target: { value } }) => serve([value, ...without(typed.countries, value)])}>
            {typed.countries.map((code) => (
              <option key={code} value={code}>
                {countryName(code)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Add a country
          <select value="" onChange={({ target }) => target.value && serve([...typed.countries, target.value])}>
            <option value="">Choose …</option>
            {others.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p>{abroad.length === 0 ? 'It delivers nowhere else.' : 'It delivers to these, too:'}</p>
      <ul className="chips" aria-label="Countries abroad">
        {abroad.map((code) => (
          <li key={code}>
            {countryName(code)}
            <button
              type="button"
              aria-label={`Remove ${countryName(code)}`}
              title="Remove"
              onClick={() => serve(without(typed.countries, code))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function without(codes: readonly string[], code: string): readonly string[] {
  return codes.filter((one) => one !== code);
}

/** Whose public holidays are no days of service. */
export function HolidayFields({ typed, onChange }: TermsFields) {
  const countries = useCountries();
  return (
    <div className="fields">
      <label>
        Public holidays of
        <select
          value={typed.holidayCountry}
          onChange={({ target }) => onChange({ ...typed, holidayCountry: target.value, holidayRegion: '' })}
        >
          <option value="">none: holidays are days like others</option>
          {countries.length === 0 && typed.holidayCountry && (
            <option value={typed.holidayCountry}>{countryName(typed.holidayCountry)}</option>
          )}
          {countries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {typed.holidayCountry && (
        <label>
          Part of it
          <input
            maxLength={50}
            placeholder="such as BY; empty: all of it"
            value={typed.holidayRegion}
            onChange={({ target }) => onChange({ ...typed, holidayRegion: target.value })}
          />
        </label>
      )}
    </div>
  );
}

/** What a form's fields hold, trimmed, by their names; files are none of them. */
export function textsOf(form: HTMLFormElement): Readonly<Record<string, string>> {
  const entries = [...new FormData(form).entries()];
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'string' ? value.trim() : '']));
}

/** What the id of a party may be, as the API has it; an input says so before anything is sent. */
export const PARTY_ID = '[a-z0-9][a-z0-9._\\-]{0,63}';
export const PARTY_ID_RULE = 'small letters, digits, dots, hyphens and underscores, at most 64';

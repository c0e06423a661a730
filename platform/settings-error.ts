/** Says, one line a setting, what is wrong and what to do. Shown without a stack. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

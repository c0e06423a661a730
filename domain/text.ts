/** What a text for people may be. */
export interface TextRules {
  /** Most characters, as Unicode code points. */
  readonly maxLength: number;
  /** True when it may run over several lines. */
  readonly lines?: boolean;
}

/**
 * What is wrong with a text that people will read; `undefined` when nothing is. Text is kept as it was sent, blanks at its
 * ends included; what nobody can see, or what makes one text look like another, has no place in it.
 */
export function textFault(text: string, { maxLength, lines = false }: TextRules): string | undefined {
  if (!text.isWellFormed()) return 'must be well-formed Unicode';
  const hidden = hiddenCharacter(lines ? text.replaceAll(LINE_ENDS, '') : text);
  if (hidden !== undefined) return `must not hold ${nameOf(hidden)}`;
  if (!SEEN.test(text)) return text === '' ? 'must not be empty' : 'must hold more than blanks';
  const isTooLong = text.length > maxLength && Array.from(text).length > maxLength;
  return isTooLong ? `must have at most ${maxLength} characters` : undefined;
}

/** What a command prints for its reader to fill in (`<reason>`, `...`), sent as it stands: nobody's name, note or reason. */
export function isPlaceholder(text: string): boolean {
  return /^\s*(<[^<>]*>|…+|\.{3,})\s*$/.test(text);
}

/** True when both are the same text, however its accents are spelled. */
export function isSameText(one: string, other: string): boolean {
  return one.normalize('NFC') === other.normalize('NFC');
}

const LINE_ENDS = /\r?\n|\t/g;

/** A letter, digit, sign or symbol; the empty braille pattern is a blank by another name. */
const SEEN = /[^\P{L}\u115F\u1160\u3164\uFFA0]|\p{N}|\p{P}|(?!\u2800)\p{S}/u;

/**
 * Controls, halves of characters, private use, unassigned, line and paragraph separators, and all that Unicode has no glyph
 * for: bidi controls, zero-width characters, fillers, tags.
 */
const HIDDEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u{FFF9}-\u{FFFB}]/u;

function hiddenCharacter(text: string): string | undefined {
  if (!HIDDEN.test(text)) return undefined;
  return HIDDEN.exec(text.replaceAll(NEEDED, ''))?.[0];
}

/** Scripts whose letters join, or whose vowels are killed: there a joiner changes what is read. */
const JOINING = scripts(
  'Arab Syrc Nkoo Mong Adlm Rohg Mand Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt Java Bali',
);
/** Scripts that are written without blanks and broken at zero-width ones. */
const UNSPACED = scripts('Khmr Thai Laoo Mymr');

/** Invisible characters where they belong: ها after می, a half consonant, the variant of a Japanese name, an emoji. */
const NEEDED = new RegExp(
  [
    `(?<=[${JOINING}])[\\u200C\\u200D](?=[${JOINING}])`,
    `(?<=\\p{M})(?<=[${JOINING}])[\\u200C\\u200D]`,
    `(?<=[${UNSPACED}])\\u200B(?=[${UNSPACED}])`,
    '(?<=\\p{scx=Mong})[\\u180B-\\u180F]',
    '(?<=\\p{Script=Han})[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]',
    '(?<=\\p{Extended_Pictographic})[\\uFE0E\\uFE0F]',
    '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
    '(?<=\\p{Extended_Pictographic}|\\p{Emoji_Modifier}|\\uFE0F)\\u200D(?=\\p{Extended_Pictographic})',
  ].join('|'),
  'gu',
);

function scripts(names: string): string {
  return names
    .split(' ')
    .map((name) => `\\p{scx=${name}}`)
    .join('');
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  if (/\p{Cc}/u.test(character)) return `control characters (U+${code})`;
  return `characters that are invisible, unassigned or turn the direction of writing (U+${code})`;
}

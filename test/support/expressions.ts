import fc from 'fast-check'

/** Source text of an expression. */
type Expression = fc.Arbitrary<string>

const quoted = (texts: fc.Arbitrary<string>): Expression => texts.map((text) => JSON.stringify(text))
const oneOf = (...texts: readonly string[]): Expression => fc.constantFrom(...texts)

/** Replaces each `#` in a template by the next part. */
function fill(template: string, ...parts: readonly Expression[]): Expression {
  return fc.tuple(...parts).map((given) => {
    let at = 0
    return template.replace(/#/g, () => given[at++] ?? '')
  })
}

/** Generates an object with some of the options. */
function options(of: Readonly<Record<string, readonly (string | number | boolean)[]>>): Expression {
  const entries = Object.entries(of)
  return fc
    .subarray(entries, { maxLength: Math.min(4, entries.length) })
    .chain((chosen) =>
      fc
        .tuple(
          ...chosen.map(([name, values]) =>
            fc.constantFrom(...values).map((value) => `${name}: ${JSON.stringify(value)}`),
          ),
        )
        .map((members) => `{ ${members.join(', ')} }`),
    )
}

const number = fc.oneof(
  oneOf(
    '0',
    '-0',
    '1',
    '-1',
    '0.5',
    '1.005',
    '2.675',
    '1e21',
    '1e-7',
    '123456.789',
    '-1234567.5',
    'NaN',
    'Infinity',
    '-Infinity',
    '2 ** 53',
    '0.1 + 0.2',
    '5e-324',
    '1.7976931348623157e308',
  ),
  fc.integer().map(String),
  fc.double({ noNaN: true }).map((value) => (Object.is(value, -0) ? '-0' : String(value))),
)
const small = fc.integer({ min: -3, max: 25 }).map(String)
const word = oneOf(
  'apple',
  'Äpfel',
  'zebra',
  'item 2',
  'item10',
  'Résumé',
  'resume',
  'straße',
  'ÎLE',
  'İstanbul',
  'ﬁn',
  '日本',
  '👩‍👩‍👧',
  'a\u0301',
  '',
  ' x ',
  'a,b;c',
  '$1',
  '\u00a0',
  'ǅ',
)
const text = quoted(fc.oneof(word, fc.string({ maxLength: 12 }), fc.string({ maxLength: 8, unit: 'grapheme' })))
const locale = oneOf(
  'undefined',
  '"en-US"',
  '"en-GB"',
  '"de"',
  '"de-CH"',
  '"fr"',
  '"ja"',
  '"ar-EG"',
  '"hi"',
  '"pt-BR"',
  '"sv"',
  '"tr"',
  '"zh-Hans"',
  '"en-IN"',
  '"xx"',
  '["xx", "es"]',
  '"de-u-co-phonebk"',
  '"th-u-ca-buddhist"',
  '"not a locale"',
  '[]',
  'null',
)
const zone = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin', 'Australia/Lord_Howe', '+05:30', 'Mars/Base']

const NUMBER_OPTIONS = {
  style: ['decimal', 'percent', 'currency', 'unit', 'nonsense'],
  currency: ['USD', 'eur', 'JPY', 'KWD', 'x'],
  currencyDisplay: ['symbol', 'narrowSymbol', 'code', 'name'],
  currencySign: ['accounting', 'standard'],
  unit: ['liter', 'kilometer-per-hour', 'byte', 'celsius'],
  unitDisplay: ['short', 'long', 'narrow'],
  notation: ['standard', 'scientific', 'engineering', 'compact'],
  compactDisplay: ['short', 'long'],
  minimumIntegerDigits: [1, 2, 21, 22],
  minimumFractionDigits: [0, 2, 5, 101],
  maximumFractionDigits: [0, 1, 2, 20],
  minimumSignificantDigits: [1, 3],
  maximumSignificantDigits: [1, 3, 21],
  useGrouping: [true, false, 'always', 'min2'],
  signDisplay: ['auto', 'always', 'never', 'exceptZero', 'negative'],
  roundingMode: ['ceil', 'floor', 'trunc', 'halfEven', 'halfExpand'],
  numberingSystem: ['arab', 'latn', 'nope'],
}
const DATE_OPTIONS = {
  timeZone: zone,
  weekday: ['long', 'short', 'narrow'],
  era: ['short'],
  year: ['numeric', '2-digit'],
  month: ['numeric', '2-digit', 'long', 'short', 'narrow'],
  day: ['numeric', '2-digit'],
  dayPeriod: ['long'],
  hour: ['numeric', '2-digit'],
  minute: ['numeric', '2-digit'],
  second: ['numeric', '2-digit'],
  fractionalSecondDigits: [1, 3, 4],
  timeZoneName: ['short', 'long', 'shortOffset', 'longGeneric'],
  hour12: [true, false],
  hourCycle: ['h23', 'h12'],
  dateStyle: ['full', 'long', 'medium', 'short', 'none'],
  timeStyle: ['full', 'short'],
  calendar: ['japanese', 'iso8601'],
}
const COLLATOR_OPTIONS = {
  numeric: [true, false],
  sensitivity: ['base', 'accent', 'case', 'variant', 'odd'],
  caseFirst: ['upper', 'lower', 'false'],
  ignorePunctuation: [true],
  usage: ['sort', 'search'],
}

/** Generates timestamps, mostly of the last and the current century. */
const instant = fc.oneof(
  fc.date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true }),
  fc.date({ noInvalidDate: true }),
)
const date = fc.oneof(
  { weight: 9, arbitrary: instant.map((at) => `new Date(${at.getTime()})`) },
  { weight: 1, arbitrary: fc.constant('new Date(NaN)') },
)

const PIECES =
  `2026 26 05 5 1 31 13 0 2026-05-01 2026-05-01T10:00 T10:00:00 10:00 10:00:00 10:00:00.123 10:00:00.0001234567890 .0999999999 12:30 24:00 : :: - + . ,
  / Z GMT UTC UT EST EDT PST CST +02 -05 +0200 -05:00 +02:30 +2 +12345 ( (CEST) ) Jan january Sept MAY Mon Monday am PM T of th 1st
  é @ 0000 -000000 +002026 +275760 999999999999 100 49 50 1970 GMT+2 UTC-5 2026/05/01 05/01/2026 1.5`.split(/\s+/)
const dateText = fc.oneof(
  fc
    .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom('', ' ', ', ')), { minLength: 1, maxLength: 7 })
    .map((pieces) => pieces.flat().join('')),
  instant.chain((at) => {
    const iso = at.toISOString()
    return fc.constantFrom(
      at.toUTCString(),
      at.toString(),
      iso,
      iso.replace('T', ' ').replace(/\.\d+Z$/, '-05'),
      iso.replace('T', ' ').replace('Z', '+00'),
      iso.slice(0, 10),
      at.toLocaleDateString('en-US'),
      at.toLocaleString('en-US'),
      at.toUTCString().replace('GMT', '+0200'),
      at.toUTCString().replace('GMT', 'EST'),
    )
  }),
)

const GENERAL: readonly Expression[] = [
  fill('(#) + (#)', number, number),
  fill('(#) % (#)', number, number),
  fill('(#) ** (#)', number, small),
  fill('(#).toFixed(#)', number, small),
  fill('(#).toPrecision(#)', number, small),
  fill('(#).toExponential(#)', number, small),
  fill('(#).toString(#)', fc.integer().map(String), fc.integer({ min: 2, max: 36 }).map(String)),
  fill('Number(#)', text),
  fill('parseInt(#, #)', quoted(oneOf('0x1f', '12px', '-7', '', '1e3', '  42')), small),
  fill('parseFloat(#)', quoted(oneOf('1.5e3x', '.5', '-.5.5', 'Infinityx', '0x10'))),
  fill('Math.#(#)', oneOf('round', 'trunc', 'sign', 'fround', 'clz32', 'floor', 'ceil', 'abs', 'sqrt'), number),
  fill(
    'Math.#(#)',
    oneOf(
      'sin',
      'cos',
      'tan',
      'asin',
      'atan',
      'exp',
      'expm1',
      'log',
      'log2',
      'log10',
      'log1p',
      'cbrt',
      'sinh',
      'tanh',
      'acosh',
    ),
    number,
  ),
  fill('Math.#(#, #)', oneOf('pow', 'atan2', 'hypot', 'max', 'imul'), number, small),
  fill('#.slice(#, #)', text, small, small),
  fill('#.substr(#, #)', text, small, small),
  fill('#.at(#)', text, small),
  fill('#.split(#)', text, quoted(oneOf('', ' ', ',', 'e', 'an'))),
  fill('#.padStart(#, #)', text, small, text),
  fill(
    '#.replace(#, #)',
    text,
    oneOf('/e/g', '/(.)(.)/u', '/[^a-z]/gi', '"a"'),
    quoted(oneOf('$&$&', '$1', '-', '$$', '$<x>')),
  ),
  fill('#.replaceAll(#, #)', text, text, text),
  fill('#.normalize(#)', text, quoted(oneOf('NFC', 'NFD', 'NFKC', 'X'))),
  fill('[...#]', text),
  fill('#.#()', text, oneOf('toUpperCase', 'toLowerCase', 'trim', 'trimEnd', 'isWellFormed', 'toWellFormed')),
  fill('encodeURIComponent(#)', text),
  fill('escape(#)', text),
  fill('JSON.stringify(#)', text),
  fill('JSON.stringify({ a: [#, undefined], b: new Date(#) }, null, #)', number, fc.integer().map(String), small),
  fill('JSON.parse(#)', quoted(oneOf('{"a":1,"a":2}', '[1,]', '"\\u0041"', '-0', '1e400', '{"__proto__":1}', ' 1 '))),
  fill(
    '#.match(#)',
    text,
    oneOf('/\\p{L}+/gu', '/(?<first>.)(?<rest>.*)/su', '/\\bi/', '/(?<=t)e/g', '/[\\u{1F000}-\\u{1FFFF}]/u'),
  ),
  fill('[#, #, #].sort()', number, number, number),
  fill('[#, #, #].toSorted((a, b) => a - b)', number, number, number),
  fill('[3, 1, 2].#(#)', oneOf('at', 'includes', 'indexOf', 'with', 'fill', 'slice', 'flat'), small),
  fill('[1, [2, [3]]].flat(#)', small),
  fill('Object.entries({ b: #, 1: 2, a: 3 })', number),
  fill('new Set([#, #]).#(new Set([1, #])).size', number, number, oneOf('union', 'intersection', 'difference'), number),
  fill(
    '[1, 2, 3].values().#.toArray()',
    oneOf('take(1)', 'drop(1)', 'map((x) => x * 2)', 'filter((x) => x > 1)', 'flatMap((x) => [x, x])'),
  ),
  fill(
    'new Map([[1, 2], [3, 4]]).#().take(#).toArray()',
    oneOf('keys', 'values', 'entries'),
    fc.integer({ min: 0, max: 3 }).map(String),
  ),
  fill('Object.groupBy([1, 2, 3], (x) => x % 2 ? # : "even")', text),
  fill(
    'BigInt.asIntN(#, #n)',
    fc.integer({ min: 0, max: 70 }).map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  ),
  fill(
    'new URL(#, "https://example.org/a/b?c").href',
    quoted(oneOf('x', '../y', '//h/p', '?q=1', '#f', 'mailto:a@b', 'http://[::1]/', 'ü ß')),
  ),
  fill('new URLSearchParams({ a: #, b: 1 }).toString()', text),
]

const DATES: readonly Expression[] = [
  fill('Date.parse(#)', quoted(dateText)),
  fill('new Date(#).getTime()', quoted(dateText)),
  fill('new Date(#, #, #).getTime()', fc.integer({ min: -1, max: 2100 }).map(String), small, small),
  fill(
    '#.#()',
    date,
    oneOf(
      'toString',
      'toDateString',
      'toTimeString',
      'toUTCString',
      'toJSON',
      'getDay',
      'getHours',
      'getTimezoneOffset',
    ),
  ),
]

const LOCALES: readonly Expression[] = [
  fill('(#).toLocaleString(#, #)', number, locale, options(NUMBER_OPTIONS)),
  fill('new Intl.NumberFormat(#, #).formatToParts(#)', locale, options(NUMBER_OPTIONS), number),
  fill('new Intl.NumberFormat(#, #).formatRange(#, #)', locale, options(NUMBER_OPTIONS), number, number),
  fill('new Intl.NumberFormat(#, #).resolvedOptions()', locale, options(NUMBER_OPTIONS)),
  fill('123456789012345678901234567890n.toLocaleString(#)', locale),
  fill(
    '#.#(#, #)',
    date,
    oneOf('toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'),
    locale,
    options(DATE_OPTIONS),
  ),
  fill('#.#(#)', date, oneOf('toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'), locale),
  fill('new Intl.DateTimeFormat(#, #).format(#)', locale, options(DATE_OPTIONS), date),
  fill('new Intl.DateTimeFormat(#, #).formatToParts(#)', locale, options(DATE_OPTIONS), date),
  fill('new Intl.DateTimeFormat(#, #).formatRange(#, #)', locale, options(DATE_OPTIONS), date, date),
  fill('new Intl.DateTimeFormat(#, #).resolvedOptions()', locale, options(DATE_OPTIONS)),
  fill('#.localeCompare(#)', text, text),
  fill('#.localeCompare(#, #, #)', text, text, locale, options(COLLATOR_OPTIONS)),
  fill('[#, #, #, #].sort(new Intl.Collator(#, #).compare)', text, text, text, text, locale, options(COLLATOR_OPTIONS)),
  fill('[#, #, #, #].sort((a, b) => a.localeCompare(b))', text, text, text, text),
  fill('#.#(#)', text, oneOf('toLocaleUpperCase', 'toLocaleLowerCase'), locale),
  fill('[#, new Date(#), null, 5n].toLocaleString(#)', number, fc.integer().map(String), locale),
  fill(
    'new Intl.PluralRules(#, #).select(#)',
    locale,
    options({ type: ['ordinal', 'cardinal'], minimumFractionDigits: [1] }),
    number,
  ),
  fill(
    'new Intl.RelativeTimeFormat(#, #).format(#, #)',
    locale,
    options({ numeric: ['auto', 'always'], style: ['long', 'narrow'] }),
    number,
    quoted(oneOf('day', 'hours', 'quarter', 'eon')),
  ),
  fill(
    'new Intl.ListFormat(#, #).format([#, #, #])',
    locale,
    options({ type: ['conjunction', 'disjunction', 'unit'], style: ['long', 'short'] }),
    text,
    text,
    text,
  ),
  fill(
    'new Intl.DisplayNames(#, { type: # }).of(#)',
    locale,
    quoted(oneOf('region', 'language', 'currency', 'script', 'odd')),
    quoted(oneOf('US', 'de-AT', 'EUR', 'Latn', 'ZZZ', '')),
  ),
  fill(
    '[...new Intl.Segmenter(#, { granularity: # }).segment(#)].map((s) => [s.segment, s.index, s.isWordLike])',
    locale,
    quoted(oneOf('grapheme', 'word', 'sentence')),
    text,
  ),
  fill('new Intl.Segmenter("en", { granularity: "word" }).segment(#).containing(#)?.segment', text, small),
  fill(
    'new Intl.Locale(#).#',
    quoted(oneOf('en-US', 'zh-Hant-TW', 'de-u-co-phonebk', 'x y')),
    oneOf(
      'maximize().toString()',
      'minimize().toString()',
      'language',
      'region',
      'collation',
      'baseName',
      'getWeekInfo()',
      'numeric',
    ),
  ),
  fill('Intl.getCanonicalLocales(#)', locale),
  fill('Intl.#.supportedLocalesOf(#)', oneOf('NumberFormat', 'Collator', 'DateTimeFormat', 'Segmenter'), locale),
  fill('Intl.supportedValuesOf(#).length', quoted(oneOf('currency', 'unit', 'calendar', 'nothing'))),
]

/** Generates expressions on strings, numbers, dates, regular expressions, arrays, JSON and locales. */
export const expression: Expression = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(...GENERAL) },
  { weight: 2, arbitrary: fc.oneof(...DATES) },
  { weight: 4, arbitrary: fc.oneof(...LOCALES) },
)

/**
 * Returns statements that evaluate expressions into `shown`: values as text, errors by name. They run in Node as well.
 */
export const evaluating = (expressions: readonly string[]): string => `
const show = (value) => {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === 'bigint') return inner + 'n'
    if (typeof inner === 'number' && !Number.isFinite(inner)) return String(inner)
    return inner === undefined ? 'undefined' : inner
  })
}
const evaluate = (expression) => {
  try {
    return show(expression())
  } catch (error) {
    return 'throws ' + error.name
  }
}
const expressions = [
${expressions.map((each) => `  () => (${each}),`).join('\n')}
]
const shown = expressions.map(evaluate)
`

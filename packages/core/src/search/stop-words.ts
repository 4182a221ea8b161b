/** Words of English sentences that do not tell tools apart. Single letters are left over from `it's` or `don't`. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about all also am an and any are as at be been being but by can could d did do does don for from had has have he her
  here him his how i if in into is it its just ll m may me might must my need no not of on or our out please s shall she
  should so some such t than that the their them then there these they this those to up us use used using ve very via
  want was we were what when where which who whom whose why will with would you your`.split(/\s+/),
)

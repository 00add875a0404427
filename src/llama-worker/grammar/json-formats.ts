// The formats of strings that are taken, each as a pattern that writes no text which a strict validator would refuse.
// Narrower than the format where that is simpler: no leap days, no leap seconds, e-mail without quoted names.

const day31 = '(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])';
const day30 = '(0[469]|11)-(0[1-9]|[12]\\d|30)';
const date = `\\d{4}-(${day31}|${day30}|02-(0[1-9]|1\\d|2[0-8]))`;
const clock = '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?';
const time = `${clock}(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)`;
const byte = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const label = '[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?';
const host = `${label}(\\.${label}){0,3}`;

export const formatPatterns: Readonly<Record<string, string>> = {
  date: `^${date}$`,
  time: `^${time}$`,
  'date-time': `^${date}T${time}$`,
  duration: '^P(\\d{1,4}D(T\\d{1,4}[HMS])?|T\\d{1,4}[HMS]|\\d{1,4}[YMW])$',
  uuid: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  email: `^[A-Za-z0-9_+-]{1,20}(\\.[A-Za-z0-9_+-]{1,20}){0,2}@${label}(\\.${label}){1,3}$`,
  hostname: `^${host}$`,
  ipv4: `^${byte}(\\.${byte}){3}$`,
  ipv6: '^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$',
  uri: `^https?://${host}(/[A-Za-z0-9_~.-]{1,20}){0,6}/?$`,
};

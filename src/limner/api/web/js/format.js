// Numbers, times and ids as people read them.
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60]];

// Cents, and tenths of them where there are any: $0.038, $1.00.
export function money(dollars) {
  const digits = Math.abs(dollars * 100 - Math.round(dollars * 100)) > 1e-6 ? 3 : 2;
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

export function count(number) {
  return number.toLocaleString("en-US");
}

export function ago(moment) {
  const seconds = (Date.now() - new Date(moment)) / 1000;
  if (seconds > 30 * 86_400) return day(moment);
  for (const [unit, size] of UNITS) if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit);
  return "just now";
}

export function day(moment) {
  return new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

export function dateTime(moment) {
  return new Date(moment).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

export function seconds(milliseconds) {
  const digits = milliseconds < 9950 ? 1 : 0;
  return `${(milliseconds / 1000).toFixed(digits)} s`;
}

export function bytes(size) {
  return size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

export function ordinal(number) {
  const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(number);
  return `${number}${{ one: "st", two: "nd", few: "rd", other: "th" }[rule]}`;
}

// Links are absolute, on the origin that the server is known by; here they are asked of the origin of the page.
export function local(url) {
  return new URL(url).pathname;
}

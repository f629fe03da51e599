const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether February has 29 days in that year. */
export function isLeapYear(year) {
  return year % 4 === 0 && year % 100 !== 0;
}

/** How many days the month has; January is 1. */
export function daysInMonth(year, month) {
  if (month === 2 && isLeapYear(year)) return 29;
  return lengths[month - 1];
}

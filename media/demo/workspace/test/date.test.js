import assert from "node:assert/strict";
import { test } from "node:test";
import { daysInMonth } from "../src/date.js";

test("an ordinary February has 28 days", () => {
  assert.equal(daysInMonth(2023, 2), 28);
});

test("every fourth year February has 29 days", () => {
  assert.equal(daysInMonth(2024, 2), 29);
});

test("a century is no leap year", () => {
  assert.equal(daysInMonth(1900, 2), 28);
});

test("every fourth century is one", () => {
  assert.equal(daysInMonth(2000, 2), 29);
});

import { describe, expect, it, test } from "vitest";

import type { PipelineForm } from "../../../generated/PipelineForm";
import { draftOf, formOf, newDraft, product } from "./draft";
import { hoursOf, textOf } from "./schedule";

const leads: PipelineForm = {
  name: "Leads", customer: "Miller Ltd", weekly_items: 57, value: 400, currency: "EUR", schedule: "Mon-Fri 09:00-17:00 Europe/Berlin",
  surge: [2.5, 7.5], providers: ["anthropic"], may_go_to: { endpoints: ["openai"] }, runs: "make",
  steps: [{ name: "Extract", success: 0.993 }, { name: "Draft", success: null }],
};

describe("a draft", () => {
  it("gives back the form that it was made from", () => {
    expect(formOf(draftOf(leads))).toEqual(leads);
    const bare = formOf(newDraft("Leads"));
    expect(formOf(draftOf(bare))).toEqual(bare);
    expect(bare).toMatchObject({ name: "Leads", customer: null, currency: null, schedule: null, surge: null, may_go_to: null });
  });

  it("leaves out steps without a name", () => {
    expect(formOf({ ...newDraft("a"), steps: [{ name: " ", percent: 99 }] }).steps).toEqual([]);
  });
});

test("six steps at 99 % give 94.1 %", () => {
  const steps = (percents: (number | null)[]) => percents.map((percent) => ({ name: "x", percent }));
  expect(product(steps([99, 99, 99, 99, 99, 99]))).toBe("6 steps at 99 % → 94.1 %");
  expect(product(steps([99, 98]))).toBe("2 steps at 99 %, 98 % → 97 %");
  expect(product(steps([99, null]))).toBe("1 step at 99 % → 99 %, times 1 step measured from its requests");
  expect(product(steps([null]))).toBe("1 step measured from the requests of this pipeline");
  expect(product([])).toBeNull();
});

test.each([
  ["Mon-Fri 09:00-17:00 Europe/Berlin", "Mon-Fri 09:00-17:00 Europe/Berlin"],
  ["mon,wed,sat 08:30-12:00 UTC", "Mon,Wed,Sat 08:30-12:00 UTC"],
  ["Fri-Mon 22:00-06:00 UTC", "Mon,Fri-Sun 22:00-06:00 UTC"],
  ["daily 08:00-09:00 UTC", "daily 08:00-09:00 UTC"],
])("%s is shown by days and hours", (text, again) => {
  const hours = hoursOf(text);
  expect(hours && textOf(hours)).toBe(again);
});

test.each(["weekdays 09:00-17:00 UTC", "Mon-Tue-Wed 09:00-17:00 UTC", "Mon 9-17 UTC", ""])("%s is no form of the picker", (text) => {
  expect(hoursOf(text)).toBeNull();
});

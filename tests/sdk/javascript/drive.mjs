// Drives a server through autumn-js and prints what its answers said, as one JSON object, for the test to compare.
import { Autumn } from "autumn-js";

const [, , serverURL, secretKey, customerId, planId] = process.argv;
const autumn = new Autumn({ serverURL, secretKey, failOpen: false, timeoutMs: 30_000 });
const day = 86_400_000;

const refusal = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    const { code, env, message } = JSON.parse(error.body);
    return { name: error.constructor.name, status: error.statusCode, code, env, named: message.includes(customerId) };
  }
};

const story = async () => {
  const told = {};

  const created = await autumn.customers.getOrCreate({ customerId, name: "Script", metadata: { from: "node" } });
  told.created = { id: created.id, name: created.name, env: created.env, metadata: created.metadata };

  await autumn.plans.create({
    planId,
    name: "Pro",
    price: { amount: 20, interval: "month" },
    items: [
      { featureId: "messages", included: 500, reset: { interval: "month" } },
      {
        featureId: "words",
        price: { amount: 10, interval: "month", billingMethod: "prepaid", billingUnits: 100 },
        reset: { interval: "month" },
      },
      { featureId: "sso" },
    ],
  });
  const wanted = { customerId, planId, featureQuantities: [{ featureId: "words", quantity: 300 }] };
  const preview = await autumn.billing.previewAttach(wanted);
  told.preview = { total: preview.total, lines: preview.lineItems.map((line) => line.total).sort() };
  told.attached = (await autumn.billing.attach(wanted)).paymentUrl;
  told.again = await refusal(() => autumn.billing.attach(wanted));

  const check = await autumn.check({ customerId, featureId: "messages", requiredBalance: 500 });
  told.check = { allowed: check.allowed, remaining: check.balance.remaining };
  told.flag = (await autumn.check({ customerId, featureId: "sso" })).flag.featureId;
  const tracked = await autumn.track({ customerId, featureId: "messages", value: 2.5 });
  told.track = { value: tracked.value, usage: tracked.balance.usage };
  const queued = await autumn.track({ customerId, featureId: "messages", value: 1, async: true });
  told.queued = { value: queued.value, balance: queued.balance };
  const rows = [1, 2].map((value) => ({ customerId, featureId: "words", value }));
  told.batch = (await autumn.batchTrack(rows)).success;
  const denied = await autumn.check({ customerId, featureId: "messages", requiredBalance: 500, sendEvent: true });
  told.denied = denied.allowed;

  await autumn.entities.create({ customerId, entityId: "desk", featureId: "users" });
  await autumn.balances.create({ customerId, featureId: "messages", includedGrant: 10, entityId: "desk" });
  await autumn.track({ customerId, featureId: "messages", entityId: "desk", value: 12 });
  const entity = await autumn.entities.get({ customerId, entityId: "desk" });
  told.entity = { customer: entity.customerId, remaining: entity.balances.messages.remaining };
  await autumn.balances.update({ customerId, featureId: "words", remaining: 7 });
  const summed = await autumn.events.aggregate({
    featureId: "messages",
    customerId,
    range: "7d",
    binSize: "week",
    groupBy: "$entity_id",
    aggregateOn: "deducted",
  });
  const sums = (name) => summed[name].map((week) => week.values.messages.deducted ?? week.values.messages);
  const total = (numbers) => numbers.reduce((sum, each) => sum + each, 0);
  told.summed = {
    total: summed.total.messages,
    values: total(sums("list")),
    ofDesk: total(summed.list.map((week) => week.groupedValues.messages.desk)),
    deducted: total(sums("deductions")),
    plans: summed.deductions.flatMap((week) => week.values.messages.balances.map((each) => each.planId)),
  };

  await autumn.billing.update({ customerId, planId, featureQuantities: [{ featureId: "words", quantity: 400 }] });
  await autumn.billing.update({ customerId, planId, cancelAction: "cancel_end_of_cycle" });
  const canceling = (await autumn.customers.get({ customerId })).subscriptions[0];
  told.canceling = { status: canceling.status, ends: canceling.expiresAt === canceling.currentPeriodEnd };
  await autumn.billing.update({ customerId, planId, cancelAction: "uncancel" });

  const customer = await autumn.customers.get({ customerId, expand: ["entities"] });
  told.customer = {
    plans: customer.subscriptions.map((held) => [held.planId, held.status, held.canceledAt]),
    words: [customer.balances.words.granted, customer.balances.words.remaining],
    entities: customer.entities.map((each) => each.id),
    flags: Object.keys(customer.flags),
  };
  const clock = await autumn.customers.advanceTestClock({ customerId, frozenTime: Date.now() + 40 * day });
  told.clock = clock.status;
  told.renewed = (await autumn.customers.get({ customerId })).balances.messages.remaining;

  told.unknown = await refusal(() => autumn.customers.get({ customerId: `${customerId}-not` }));
  const stranger = new Autumn({ serverURL, secretKey: "am_sk_test_stranger", failOpen: false });
  told.stranger = await refusal(() => stranger.check({ customerId, featureId: "messages" }));
  const deaf = new Autumn({ serverURL: "http://127.0.0.1:1", secretKey, failOpen: false });
  told.deaf = await deaf.check({ customerId, featureId: "messages" }).then(
    () => "answered",
    () => "no answer",
  );
  return told;
};

console.log(JSON.stringify(await story()));

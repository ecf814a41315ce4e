/** What can be done about a refusal, for every screen on which something is asked for. */
export default {
  /** @type {Record<string, string>} */
  ways: { pay: 'Пополнить счёт', repay_promise: 'Погасить обещанный платёж', resume: 'К услугам', cancel_planned: 'К услугам' },
  availableFrom: (/** @type {string} */ day) => `Можно с ${day}.`,
  working: 'Отправляем…',
  toServices: 'К услугам',
};

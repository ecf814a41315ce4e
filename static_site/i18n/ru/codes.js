/** What can be done about a refusal, the question for the password among it, for every screen on which something is asked for. */
export default {
  /** @type {Record<string, string>} */
  ways: { pay: 'Пополнить счёт', repay_promise: 'Погасить обещанный платёж', resume: 'К услугам', cancel_planned: 'К услугам', change_card: 'К автоплатежу' },
  availableFrom: (/** @type {string} */ day) => `Можно с ${day}.`,
  stepUp: 'Чтобы продолжить, подтвердите, что это вы.',
  portal: 'Пароль от кабинета',
  confirm: 'Подтвердить и продолжить',
  back: 'Назад',
  show: 'Показать',
  hide: 'Скрыть',
  shows: (/** @type {string} */ label) => `Показать: ${label}`,
  hides: (/** @type {string} */ label) => `Скрыть: ${label}`,
  working: 'Отправляем…',
  toServices: 'К услугам',
};

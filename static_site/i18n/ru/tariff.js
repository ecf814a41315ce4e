import codes from './codes.js';

export default {
  ...codes,
  heading: 'Смена тарифа',
  now: 'Сейчас:',
  nothing: 'Других тарифов для этой услуги нет.',
  choose: 'На какой тариф?',
  compare: 'Что изменится',
  columns: 'Тариф',
  speedWord: 'Скорость',
  perMonth: 'В месяц',
  difference: 'Разница в месяц',
  when: 'С какого дня?',
  today: 'Сегодня',
  fromDay: (/** @type {string} */ day) => `С ${day}, с нового периода`,
  chargeNow: (/** @type {string} */ sum, /** @type {number} */ left, /** @type {number} */ total, /** @type {string} */ back, /** @type {string} */ fee) =>
    `Сегодня спишем ${sum} за ${left} из ${total} дней, за вычетом ${back} по старому тарифу. Дальше — ${fee} в месяц.`,
  chargeLater: (/** @type {string} */ day, /** @type {string} */ fee) => `Сегодня ничего не спишем. С ${day} — ${fee} в месяц.`,
  confirm: (/** @type {string} */ day) => `Сменить тариф с ${day}`,
  confirmNow: (/** @type {string} */ sum) => `Сменить сегодня и списать ${sum}`,
  applied: (/** @type {string} */ tariff) => `Тариф «${tariff}» подключён.`,
  scheduled: (/** @type {string} */ tariff, /** @type {string} */ day) => `Тариф «${tariff}» начнётся с ${day}. До этого дня смену можно отменить.`,
};

import codes from './codes.js';

export default {
  ...codes,
  heading: 'Пополнение счёта',
  howMuch: 'Сколько внести?',
  limits: (/** @type {string} */ min, /** @type {string} */ max) => `От ${min} до ${max}`,
  presets: 'Готовые суммы',
  notSum: 'Введите сумму цифрами, например 500.',
  tooLittle: (/** @type {string} */ min) => `Внести можно не меньше ${min}.`,
  tooMuch: (/** @type {string} */ max) => `За один раз можно внести не больше ${max}.`,
  gateway: 'Способ оплаты',
  saveCard: 'Сохранить карту для автоплатежа',
  bankPage: 'Сейчас откроется страница банка. Данные карты мы не видим и не храним.',
  pay: (/** @type {string} */ sum) => `Оплатить ${sum}`,
  opening: 'Открываем страницу банка…',
  noGateways: 'Оплата на сайте сейчас недоступна. Подскажем другие способы по телефону:',
};

// What the hosted page says around the check. English is the original; the other languages have not been reviewed by a
// native speaker.

export const STRINGS = {
  en: {
    title: 'Camera check',
    back: 'Return to {host}',
    phone: 'Use a phone instead',
    scan: 'Scan this code with the camera of your phone.',
    elsewhere: 'The check is running on your phone.',
    done: 'Thank you, all finished.',
    gone: 'This link cannot be used any more. Please go back to where you got it and ask for a new one.',
    broken: 'The check could not be loaded. Please check your connection and load the page again.',
  },
  es: {
    title: 'Comprobación con la cámara',
    back: 'Volver a {host}',
    phone: 'Usar un teléfono',
    scan: 'Escanea este código con la cámara de tu teléfono.',
    elsewhere: 'La comprobación está en curso en tu teléfono.',
    done: 'Gracias, todo listo.',
    gone: 'Este enlace ya no se puede usar. Vuelve a donde lo recibiste y pide uno nuevo.',
    broken: 'No se pudo cargar la comprobación. Revisa tu conexión y vuelve a cargar la página.',
  },
  'pt-BR': {
    title: 'Verificação com a câmera',
    back: 'Voltar para {host}',
    phone: 'Usar um celular',
    scan: 'Escaneie este código com a câmera do seu celular.',
    elsewhere: 'A verificação está em andamento no seu celular.',
    done: 'Obrigado, tudo pronto.',
    gone: 'Este link não pode mais ser usado. Volte para onde o recebeu e peça um novo.',
    broken: 'Não foi possível carregar a verificação. Confira sua conexão e recarregue a página.',
  },
  fr: {
    title: 'Vérification par caméra',
    back: 'Revenir à {host}',
    phone: 'Utiliser un téléphone',
    scan: "Scannez ce code avec l'appareil photo de votre téléphone.",
    elsewhere: 'La vérification est en cours sur votre téléphone.',
    done: 'Merci, tout est terminé.',
    gone: "Ce lien n'est plus utilisable. Retournez là où vous l'avez reçu et demandez-en un nouveau.",
    broken: "La vérification n'a pas pu être chargée. Vérifiez votre connexion et rechargez la page.",
  },
  de: {
    title: 'Prüfung mit der Kamera',
    back: 'Zurück zu {host}',
    phone: 'Stattdessen ein Telefon verwenden',
    scan: 'Scannen Sie diesen Code mit der Kamera Ihres Telefons.',
    elsewhere: 'Die Prüfung läuft auf Ihrem Telefon.',
    done: 'Vielen Dank, alles fertig.',
    gone: 'Dieser Link kann nicht mehr verwendet werden. Gehen Sie dorthin zurück, wo Sie ihn erhalten haben, und fordern Sie einen neuen an.',
    broken: 'Die Prüfung konnte nicht geladen werden. Prüfen Sie Ihre Verbindung und laden Sie die Seite neu.',
  },
  it: {
    title: 'Verifica con la fotocamera',
    back: 'Torna a {host}',
    phone: 'Usa un telefono',
    scan: 'Inquadra questo codice con la fotocamera del telefono.',
    elsewhere: 'La verifica è in corso sul telefono.',
    done: 'Grazie, tutto fatto.',
    gone: 'Questo link non è più utilizzabile. Torna dove lo hai ricevuto e chiedine uno nuovo.',
    broken: 'Impossibile caricare la verifica. Controlla la connessione e ricarica la pagina.',
  },
  tr: {
    title: 'Kamera kontrolü',
    back: '{host} sitesine dön',
    phone: 'Bunun yerine telefon kullan',
    scan: 'Bu kodu telefonunuzun kamerasıyla tarayın.',
    elsewhere: 'Kontrol telefonunuzda sürüyor.',
    done: 'Teşekkürler, hepsi bitti.',
    gone: 'Bu bağlantı artık kullanılamaz. Aldığınız yere dönüp yenisini isteyin.',
    broken: 'Kontrol yüklenemedi. Bağlantınızı kontrol edip sayfayı yeniden yükleyin.',
  },
  id: {
    title: 'Pemeriksaan kamera',
    back: 'Kembali ke {host}',
    phone: 'Gunakan ponsel',
    scan: 'Pindai kode ini dengan kamera ponsel Anda.',
    elsewhere: 'Pemeriksaan sedang berjalan di ponsel Anda.',
    done: 'Terima kasih, semua selesai.',
    gone: 'Tautan ini tidak dapat digunakan lagi. Kembali ke tempat Anda menerimanya dan minta yang baru.',
    broken: 'Pemeriksaan tidak dapat dimuat. Periksa koneksi Anda lalu muat ulang halaman.',
  },
  hi: {
    title: 'कैमरा जाँच',
    back: '{host} पर वापस जाएँ',
    phone: 'इसके बजाय फ़ोन का उपयोग करें',
    scan: 'अपने फ़ोन के कैमरे से यह कोड स्कैन करें।',
    elsewhere: 'जाँच आपके फ़ोन पर चल रही है।',
    done: 'धन्यवाद, सब पूरा हुआ।',
    gone: 'यह लिंक अब काम नहीं करता। जहाँ से मिला था वहाँ लौटकर नया माँगें।',
    broken: 'जाँच लोड नहीं हो सकी। अपना कनेक्शन देखें और पेज फिर से लोड करें।',
  },
  'zh-Hans': {
    title: '摄像头检查',
    back: '返回 {host}',
    phone: '改用手机',
    scan: '请用手机摄像头扫描此二维码。',
    elsewhere: '检查正在您的手机上进行。',
    done: '谢谢，已全部完成。',
    gone: '此链接已无法使用。请返回获取链接的地方重新申请。',
    broken: '无法加载检查。请检查网络连接并重新加载页面。',
  },
  ja: {
    title: 'カメラによる確認',
    back: '{host} に戻る',
    phone: '代わりにスマートフォンを使う',
    scan: 'スマートフォンのカメラでこのコードを読み取ってください。',
    elsewhere: 'スマートフォンで確認が進行中です。',
    done: 'ありがとうございます。すべて完了しました。',
    gone: 'このリンクはもう使えません。受け取った場所に戻り、新しいリンクを取得してください。',
    broken: '確認を読み込めませんでした。接続を確認し、ページを再読み込みしてください。',
  },
  ar: {
    title: 'التحقق بالكاميرا',
    back: 'العودة إلى {host}',
    phone: 'استخدام هاتف بدلاً من ذلك',
    scan: 'امسح هذا الرمز بكاميرا هاتفك.',
    elsewhere: 'التحقق جارٍ على هاتفك.',
    done: 'شكرًا لك، اكتمل كل شيء.',
    gone: 'لم يعد هذا الرابط صالحًا. ارجع إلى المكان الذي حصلت عليه منه واطلب رابطًا جديدًا.',
    broken: 'تعذر تحميل التحقق. تحقق من اتصالك وأعد تحميل الصفحة.',
  },
};

/** The strings of the first wished language that there is; English without one. */
export function stringsFor(languages) {
  for (const wished of languages) {
    const [language] = wished.toLowerCase().split('-');
    const locale = Object.keys(STRINGS).find((known) => known.toLowerCase().split('-')[0] === language);
    if (locale !== undefined) return { locale, direction: locale === 'ar' ? 'rtl' : 'ltr', strings: STRINGS[locale] };
  }
  return { locale: 'en', direction: 'ltr', strings: STRINGS.en };
}

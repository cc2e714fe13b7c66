"""Writes a Telegram export of any size from a seed: invented chats, people and messages.

Most messages are everyday ones in eight scripts; about one in fifty is what the starter rules are
for. Every name and text here is made up; the texts are put together from the word lists below,
so the same seed gives the same file, byte for byte.
"""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TextIO

FLAGGED_SHARE = 0.02

WORDS = {
    "en": "see you at the market tomorrow the train was late again so we walked home and it rained"
    " could somebody bring the keys please dinner is at seven thanks for the photos from the lake",
    "de": "wir treffen uns morgen am Bahnhof der Zug hatte wieder Verspätung könntest du bitte den"
    " Schlüssel mitbringen danke für die schönen Bilder vom See das Essen ist um sieben fertig",
    "fr": "on se retrouve demain au marché le train avait encore du retard tu peux apporter les"
    " clés merci pour les photos du lac le dîner est à sept heures il a plu toute la journée",
    "ru": "встретимся завтра у вокзала поезд опять опоздал можешь принести ключи спасибо за фото"
    " с озера ужин в семь часов весь день шёл дождь мы шли домой пешком и смеялись",
    "kk": "ертең базарда кездесеміз пойыз тағы кешікті кілтті әкеле аласың ба көлден түсірген"
    " суреттерің үшін рахмет кешкі ас сағат жетіде күні бойы жаңбыр жауды үйге жаяу қайттық",
    "el": "τα λέμε αύριο στην αγορά το τρένο άργησε πάλι μπορείς να φέρεις τα κλειδιά ευχαριστώ"
    " για τις φωτογραφίες από τη λίμνη το δείπνο είναι στις επτά έβρεχε όλη μέρα",
    "ar": "نلتقي غدا في السوق تأخر القطار مرة أخرى هل يمكنك إحضار المفاتيح شكرا على الصور من"
    " البحيرة العشاء في السابعة أمطرت طوال اليوم مشينا إلى البيت",
    "hi": "कल बाज़ार में मिलते हैं ट्रेन फिर देर से आई क्या तुम चाबी ला सकते हो"
    " झील की तस्वीरों के लिए धन्यवाद खाना सात बजे है पूरे दिन बारिश हुई हम पैदल घर गए",
    "zh": "明天 我们 在 市场 见面 火车 又 晚点 了 你 能 带 钥匙 吗 谢谢 湖边 的 照片"
    " 晚饭 七点 下了 一天 雨 走路 回家",
    "ko": "내일 시장에서 만나요 기차가 또 늦었어요 열쇠를 가져올 수 있나요 호수 사진 고마워요"
    " 저녁은 일곱 시예요",
    "he": "נפגש מחר בשוק הרכבת שוב איחרה אפשר להביא את המפתחות תודה על התמונות מהאגם ארוחת הערב"
    " בשבע ירד גשם כל היום הלכנו הביתה ברגל",
}
"""Words of every day: Latin, Cyrillic, Greek, Arabic, Devanagari, Han, Hangul, Hebrew."""

OFFERS = (
    "Guaranteed profit! Send 0.1 BTC and receive 0.3 BTC back within an hour, write @fast_{n}",
    "Double your crypto today, invest 200 and get 2000 in a week, only at https://coin-{n}.example",
    "Selling cocaine and mdma, best price, delivery today, write @shop_{n}",
    "Продам мефедрон, закладки по городу, пиши @klad_{n}",
    "Verkaufe gefälschte Ausweise und Führerscheine, schreib an @papier_{n}",
    "Гарантированный доход 300% за день, вложи 5000 и получи 15000, пиши @dohod_{n}",
    "Garantierter Gewinn, 500 Euro einzahlen und 5000 erhalten, jetzt bei @gewinn_{n}",
    "Your wallet is locked. Verify your seed phrase now: https://wallet-check-{n}.example/login",
)

CHAT_KINDS = ("public_supergroup", "public_channel", "private_group", "personal_chat")
PEOPLE = 20_000
BODIES_MAX = 50_000
FIRST_SECOND = 1_700_000_000


def bodies(count: int, random: Random) -> list[str]:
    """Gives what follows the sender in `count` messages, as JSON without the outer braces."""
    lines = [text.split() for text in WORDS.values()]
    return [_fields(_body(random, random.choice(lines), number)) for number in range(count)]


def _body(random: Random, words: list[str], number: int) -> dict[str, object]:
    if random.random() < FLAGGED_SHARE:
        text = random.choice(OFFERS).format(n=number)
        return {"text": text, "text_entities": [{"type": "plain", "text": text}]}
    length = min(60, 1 + int(random.expovariate(1 / 11)))
    text = " ".join(random.choices(words, k=length))
    if random.random() < 0.05:
        link = {"type": "link", "text": f"https://news.example/{number}"}
        parts = [{"type": "plain", "text": text + " "}, link]
        return {"text": [text + " ", link], "text_entities": parts}
    entities = [{"type": "plain", "text": text}]
    if random.random() < 0.05:
        photo = {"photo": f"photos/photo_{number}.jpg", "width": 800, "height": 600}
        return {**photo, "text": text, "text_entities": entities}
    return {"text": text, "text_entities": entities}


def _fields(value: dict[str, object]) -> str:
    written = json.dumps(value, indent=1, ensure_ascii=False)
    return written[2:-2].replace("\n", "\n  ")


def messages(count: int, random: Random) -> Iterator[str]:
    """Gives `count` messages as Telegram Desktop writes them; about one in a hundred is service.

    The texts repeat after `BODIES_MAX` messages, eleven days later by the clock of the export.
    """
    ready = bodies(min(count, BODIES_MAX), random)
    second = FIRST_SECOND
    for number in range(1, count + 1):
        second += random.randrange(1, 40)
        person = random.randrange(PEOPLE)
        moment = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        if number % 100 == 50:
            head, tail = ("service", "actor"), '   "action": "pin_message",\n   "text": ""'
        else:
            head, tail = ("message", "from"), f"  {ready[number % len(ready)]}"
        yield (
            f'  {{\n   "id": {number},\n   "type": "{head[0]}",\n   "date": "{moment}",\n'
            f'   "date_unixtime": "{second}",\n   "{head[1]}": "Person {person}",\n'
            f'   "{head[1]}_id": "user{100_000 + person}",\n{tail}\n  }}'
        )


def write_export(path: Path, count: int, *, seed: int = 1, chats: int = 1) -> None:
    """Writes an export of `count` messages: of one chat, or a full export of several."""
    random = Random(seed)
    with path.open("w", encoding="utf-8") as stream:
        if chats == 1:
            _write_chat(stream, 1, count, random)
            return
        stream.write('{\n "about": "An invented export.",\n "chats": {\n  "list": [\n')
        for number in range(1, chats + 1):
            stream.write(",\n" if number > 1 else "")
            share = count // chats + (number <= count % chats)
            _write_chat(stream, number, share, random)
        stream.write("\n  ]\n }\n}\n")


def _write_chat(stream: TextIO, number: int, count: int, random: Random) -> None:
    head = {
        "name": f"Chat {number}",
        "type": CHAT_KINDS[number % len(CHAT_KINDS)],
        "id": 4_000_000 + number,
    }
    stream.write(json.dumps(head, indent=1)[:-2] + ',\n "messages": [\n')
    stream.writelines(
        ",\n" + message if place else message
        for place, message in enumerate(messages(count, random))
    )
    stream.write("\n ]\n}")


def main() -> None:
    """Writes an export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chats", type=int, default=1)
    options = parser.parse_args()
    write_export(options.path, options.count, seed=options.seed, chats=options.chats)


if __name__ == "__main__":
    main()

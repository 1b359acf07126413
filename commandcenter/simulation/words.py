"""What callers say: invented addresses and short reports in everyday Indonesian.
Every street, shop and person here is invented; a new incident type works without a line here."""

from __future__ import annotations

from random import Random

STREETS = (
    "Jl. Anggrek Biru", "Jl. Belimbing Emas", "Jl. Camar Putih", "Jl. Damar Wulan Kecil", "Jl. Elang Senja",
    "Jl. Flamboyan Timur Baru", "Jl. Gelatik Sari", "Jl. Harapan Makmur", "Jl. Intan Permai", "Jl. Jati Rindang",
    "Jl. Kenanga Jaya", "Jl. Lereng Melati", "Jl. Mangga Dalem", "Jl. Nusa Damai", "Jl. Opal Raya", "Jl. Pinang Teduh",
    "Jl. Rembulan Indah", "Jl. Sawo Kembar", "Jl. Teratai Hijau", "Jl. Wijaya Tenang", "Gang Buntu Sejahtera",
    "Gang Kelinci", "Gang Mawar Merah",
)  # fmt: skip
LANDMARKS = (
    "dekat Warung Bu Lastri", "depan Masjid Al-Hikmat Baru", "samping Toko Sumber Rejeki Jaya",
    "belakang SD Tunas Ceria",
    "seberang bengkel Pak Giran", "dekat pos ronda", "depan minimarket", "dekat jembatan kecil", "ujung gang",
    "sebelah balai RW", "depan depot soto Cak Mul", "dekat pasar pagi", "samping lapangan voli", "pinggir sungai",
)  # fmt: skip

REPORTS: dict[str, tuple[str, ...]] = {
    "building_fire": (
        "Gudang lantai dua terbakar, asap hitam tebal.",
        "Api di ruko tiga lantai, masih ada karyawan di dalam.",
    ),
    "house_fire": ("Dapur rumah terbakar, api sudah ke atap.", "Rumah kos terbakar, penghuni sudah keluar."),
    "vehicle_fire": ("Mobil terbakar di bahu jalan, pengemudi selamat.", "Sepeda motor terbakar di parkiran."),
    "land_fire": ("Ilalang terbakar, asap masuk perumahan.", "Tumpukan sampah terbakar dan merembet ke pagar."),
    "electrical_fire": ("Korsleting di meteran, keluar percikan api.", "Kabel di tiang mengeluarkan api."),
    "fire_alarm": ("Alarm kebakaran gedung berbunyi, belum terlihat api.", "Tercium bau gosong, sumber belum ketemu."),
    "gas_leak": ("Tabung elpiji bocor di warung, bau gas kuat.", "Pipa gas di depan rumah berdesis."),
    "hazardous_material": ("Drum bahan kimia tumpah di gudang, mata perih.",),
    "rescue_entrapment": ("Dua orang terjebak di lift.", "Tangan anak terjepit pagar besi."),
    "animal_rescue": ("Sarang tawon besar di plafon.", "Kucing masuk sumur, minta evakuasi."),
    "snake_in_house": ("Ular besar masuk kamar mandi.", "Ular di bawah lemari dapur, panjang dua meter."),
    "cardiac_arrest": (
        "Bapak 58 tahun tiba-tiba jatuh, tidak bernapas.",
        "Nyeri dada hebat, keringat dingin, nadi lemah.",
    ),
    "unconscious_person": ("Ibu pingsan di pasar, belum sadar.", "Pemuda kejang di trotoar, tidak merespons."),
    "medical_emergency": (
        "Sesak napas, riwayat asma.",
        "Lemas dan muntah sejak pagi, minta ambulans.",
        "Demam tinggi, anak menggigil.",
    ),
    "injured_person": ("Jatuh dari tangga, kaki tidak bisa digerakkan.", "Tangan luka kena gerinda, darah banyak."),
    "childbirth": ("Ketuban sudah pecah, kontraksi tiap tiga menit.",),
    "landslide": ("Plengsengan sungai ambrol, rumah di tepi terancam.", "Tanah ambles dua meter di belakang rumah."),
    "flooding": ("Air setinggi lutut masuk rumah warga.", "Jalan tergenang 40 sentimeter, motor banyak mogok."),
    "fallen_tree": ("Pohon tumbang menutup jalan.", "Dahan besar patah menimpa warung."),
    "collapsed_house": ("Atap rumah ambruk setelah hujan angin.", "Tembok belakang roboh, satu orang tertimpa."),
    "drowning": ("Anak tercebur ke sungai, belum terlihat.", "Pemancing hanyut terseret arus."),
    "power_line_down": ("Kabel listrik putus melintang di jalan.", "Tiang listrik miring hampir roboh."),
    "water_main_burst": ("Pipa air pecah, air menyembur ke jalan.",),
    "traffic_accident": (
        "Dua motor tabrakan, satu orang luka di kaki.",
        "Mobil menabrak pembatas, pengemudi sadar.",
        "Pejalan kaki tertabrak motor.",
    ),
    "disabled_vehicle": ("Truk mogok di tanjakan, macet panjang.", "Mobil mogok di lajur tengah."),
    "road_obstruction": ("Oli tumpah, motor banyak tergelincir.", "Muatan pasir tumpah di tikungan."),
    "burglary": ("Rumah dibobol saat ditinggal, laptop hilang.", "Ada orang masuk lewat jendela, warga berjaga."),
    "robbery": ("Tas dijambret dua orang bermotor.", "Toko dirampok, pelaku membawa pisau."),
    "assault": ("Pemuda dikeroyok di depan warung.", "Seorang bapak dipukul, luka di kepala."),
    "domestic_violence": ("Tetangga mendengar teriakan, istri dipukul.",),
    "riot": ("Massa saling lempar batu, jalan tertutup.",),
    "suicide_attempt": ("Perempuan muda di pagar jembatan, ingin melompat.",),
    "body_found": ("Warga menemukan orang meninggal di kamar kos.",),
    "lost_person": ("Kakek pikun keluar rumah sejak pagi, belum kembali.", "Anak 6 tahun terpisah di pasar."),
    "abandoned_elder": (
        "Nenek sendirian tiga hari di teras, tidak ada keluarga.",
        "Lansia tidur di emperan toko, lemas.",
    ),
    "psychosocial": ("Orang mengamuk di jalan, melempar barang.",),
    "brawl": ("Dua kelompok remaja tawuran bawa kayu.",),
    "noise_complaint": ("Karaoke sangat keras lewat tengah malam.",),
}
NOTES = (
    "Pelapor tetap di lokasi.", "Akses jalan sempit, masuk dari sisi selatan.", "Warga membantu mengatur jalan.",
    "Pelapor menutup telepon, bisa dihubungi kembali.", "Ketua RT sudah di lokasi.", "Patokan: gapura warna hijau.",
)  # fmt: skip


def invented_address(random: Random, zone_name: str) -> str:
    """An address as a caller says it, with the name of the real zone it lies in."""
    number = random.randint(1, 148)
    rt, rw = random.randint(1, 9), random.randint(1, 12)
    landmark = random.choice(LANDMARKS)
    return f"{random.choice(STREETS)} No. {number}, RT {rt:02d} RW {rw:02d}, {landmark}, {zone_name}"


def report(random: Random, code: str, name: str) -> str:
    """What the caller says about an incident of this type; its name when nothing is written for it."""
    return random.choice(REPORTS.get(code, (f"{name}.",)))


def invented_number(random: Random) -> str:
    """A telephone number that cannot exist."""
    return f"0800-0000-{random.randint(0, 9999):04d}"

namespace Sluice.Simulators.People;

/// <summary>A name in its own script, in Latin letters, and as the plain letters of an e-mail address.</summary>
internal readonly record struct Name(string Native, string Latin, string Plain)
{
    /// <summary>Reads <c>native=Latin</c> entries separated by blanks; an entry without <c>=</c> is written the same in both.</summary>
    public static Name[] List(string entries) =>
        [.. entries.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(static entry =>
        {
            var parts = entry.Split('=');
            var latin = parts[^1];
            return new Name(parts[0], latin, string.Concat(latin.ToLowerInvariant().Select(Fold).Where(char.IsAsciiLetter)));
        })];

    private static char Fold(char letter) => letter switch
    {
        'é' or 'ë' => 'e',
        'á' => 'a',
        'í' => 'i',
        'ó' => 'o',
        _ => letter,
    };
}

/// <summary>Where a person comes from: the names, cities and time zone that go together.</summary>
internal sealed record Region(
    string Locale, string CountryCode, string TimeZone, bool OwnScript, Name[] Given, Name[] Family, string[] Cities, string PhonePrefix)
{
    // The numbers are in ranges that no operator hands out, so that a demo pointed at a real account cannot reach anybody:
    // Korean mobiles never start 010-0, Indian ones never start with 5, and 555 is no North American area code.
    private const string KoreanPhones = "+82100";
    private const string IndianPhones = "+91555";
    private const string AmericanPhones = "+1555";

    public static readonly Region Korea = new(
        "ko", "KR", "Asia/Seoul", OwnScript: true,
        Name.List("""
            민준=Minjun 서연=Seoyeon 도윤=Doyun 하은=Haeun 지호=Jiho 수빈=Subin 예준=Yejun 지우=Jiwoo 현우=Hyunwoo 유진=Yujin 은서=Eunseo
            준서=Junseo 다은=Daeun 시우=Siwoo 채원=Chaewon 태현=Taehyun 소영=Soyoung 재훈=Jaehoon 미나=Mina 성민=Sungmin 나연=Nayeon
            동현=Donghyun 혜진=Hyejin 건우=Gunwoo
            """),
        Name.List("""
            김=Kim 이=Lee 박=Park 최=Choi 정=Jung 강=Kang 조=Cho 윤=Yoon 장=Jang 임=Lim 한=Han 오=Oh 서=Seo 신=Shin 권=Kwon 황=Hwang
            안=Ahn 송=Song 류=Ryu 남궁=Namkoong
            """),
        ["Seoul", "Busan", "Incheon", "Daegu", "Daejeon", "Gwangju", "Suwon", "Jeju"], KoreanPhones);

    public static readonly Region India = new(
        "hi", "IN", "Asia/Kolkata", OwnScript: true,
        Name.List("""
            आरव=Aarav अनन्या=Ananya रोहन=Rohan प्रिया=Priya विवान=Vivaan काव्या=Kavya अर्जुन=Arjun दिया=Diya
            आदित्य=Aditya नेहा=Neha राहुल=Rahul पूजा=Pooja संजय=Sanjay मीरा=Meera विक्रम=Vikram ईशा=Isha करण=Karan
            सुनीता=Sunita अमित=Amit रिया=Riya दीपक=Deepak श्रेया=Shreya मनोज=Manoj लता=Lata
            """),
        Name.List("""
            शर्मा=Sharma वर्मा=Verma गुप्ता=Gupta सिंह=Singh पटेल=Patel कुमार=Kumar यादव=Yadav मिश्रा=Mishra
            जोशी=Joshi मेहता=Mehta चौधरी=Chaudhary त्रिपाठी=Tripathi अग्रवाल=Agarwal रेड्डी=Reddy नायर=Nair
            कपूर=Kapoor मल्होत्रा=Malhotra भट्ट=Bhatt सक्सेना=Saxena पांडे=Pandey
            """),
        ["Mumbai", "Delhi", "Bengaluru", "Jaipur", "Lucknow", "Pune", "Indore", "Patna"], IndianPhones);

    public static readonly Region America = new(
        "en", "US", "America/New_York", OwnScript: false,
        Name.List("""
            Olivia Liam Emma Noah Zoë Ethan Ruth Henry Grace Jack Chloé Samuel Nora Oscar Hazel Miles Clara Felix
            Ivy Leon Martha José Renée Wesley
            """),
        Name.List("""
            Smith Johnson Brown Taylor Walker O'Brien Clark Lewis Young Hill Green Baker Carter Murphy D'Angelo
            Brooks Ward Smith-Jones Hughes Foster García Hayes Marsh Quinn
            """),
        ["New York", "Austin", "Portland", "Chicago", "Denver", "Boston", "Atlanta", "Seattle"], AmericanPhones);
}
